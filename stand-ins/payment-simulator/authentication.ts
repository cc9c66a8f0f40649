import { timingSafeEqual } from 'node:crypto'
import type { DataSource } from 'typeorm'
import { type PaymentIntentRow, paymentIntentTable } from './database/tables.ts'
import { judged, lockPaymentIntent, save } from './payment-intents.ts'
import { notAuthenticated, outcomeOf, type Verdict } from './test-methods.ts'
import type { Work } from './work.ts'

/** What a customer says to a payment. */
export type Decision = 'approve' | 'decline'

/** The payment whose customer has this secret; undefined if there is none. */
export const findPayment = async (
  database: DataSource,
  { id, secret }: { readonly id: string; readonly secret: string },
): Promise<PaymentIntentRow | undefined> => {
  const row = await database.manager.findOneBy(paymentIntentTable, { id })
  return row !== null && isSame(row.clientSecret, secret) ? row : undefined
}

/** Does as the customer says if the payment waits for that; `isDone` says whether the payment is now as the customer wants it. */
export const decide = async (
  work: Work,
  id: string,
  decision: Decision,
): Promise<{ readonly row: PaymentIntentRow; readonly isDone: boolean }> => {
  const row = await lockPaymentIntent(work, { id, param: 'intent', status: 404 })
  if (row.status !== 'requires_action') return { row, isDone: decision === decisionOn(row) }
  const decided = { ...row, ...judged(work, verdictOn(row, decision)) }
  save(work, decided)
  return { row: decided, isDone: true }
}

/** What the customer has said to a payment; undefined if nothing. */
const decisionOn = ({ status, failure, paymentMethod }: PaymentIntentRow): Decision | undefined => {
  if (outcomeOf(paymentMethod)?.kind !== 'asked' || status === 'requires_action' || status === 'canceled') {
    return undefined
  }
  return failure?.code === notAuthenticated.code ? 'decline' : 'approve'
}

const verdictOn = ({ paymentMethod }: PaymentIntentRow, decision: Decision): Verdict => {
  if (decision === 'decline') return { kind: 'declined', failure: notAuthenticated }
  const outcome = outcomeOf(paymentMethod)
  if (outcome?.kind === 'asked') return outcome.approved
  throw new Error(`${paymentMethod} asks no customer`)
}

/** Where the customer goes then, with what Stripe adds to the address; undefined if the payment names no page. */
export const returnAddress = ({
  id,
  clientSecret,
  returnUrl,
  status,
}: PaymentIntentRow): string | undefined => {
  if (returnUrl === null) return undefined
  const url = new URL(returnUrl)
  const failed = status === 'requires_payment_method' || status === 'canceled'
  url.searchParams.set('payment_intent', id)
  url.searchParams.set('payment_intent_client_secret', clientSecret)
  url.searchParams.set('redirect_status', failed ? 'failed' : 'succeeded')
  return url.href
}

const isSame = (known: string, given: string): boolean => {
  const [a, b] = [Buffer.from(known), Buffer.from(given)]
  return a.length === b.length && timingSafeEqual(a, b)
}
