import { randomBytes } from 'node:crypto'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { z } from 'zod'
import { checkCharge } from './amounts.ts'
import { type PaymentIntentRow, paymentIntentTable } from './database/tables.ts'
import { type EventType, record } from './events.ts'
import { integer, list, type Parameters, pageSize, parseParameters } from './form.ts'
import { afterwardsMs } from './later-changes.ts'
import { toCardError, toPaymentIntent } from './objects.ts'
import { invalidRequest, noSuch, StripeError } from './stripe-error.ts'
import {
  afterwardsOf,
  authenticationRequired,
  captureFailed,
  declined,
  type Outcome,
  outcomeOf,
  type Verdict,
} from './test-methods.ts'
import { changeLater, type Work } from './work.ts'

/** Metadata within Stripe's limits: 50 texts. */
export const metadata = z
  .record(z.string().max(40), z.string().max(500))
  .refine(entries => Object.keys(entries).length <= 50, { error: 'at most 50 keys' })
  .default({})

const onlyManual = { error: 'the simulator only confirms at once and captures later' }

const creation = z.strictObject({
  amount: integer,
  currency: z
    .string()
    .transform(code => code.toLowerCase())
    .pipe(z.string().regex(/^[a-z]{3}$/, { error: 'not a currency' })),
  payment_method: z.string(),
  allowed_payment_method_types: list.optional(),
  capture_method: z.literal('manual', onlyManual),
  confirm: z.literal('true', onlyManual),
  error_on_requires_action: z.enum(['true', 'false']).optional(),
  return_url: z
    .url({ protocol: /^https?$/, error: 'not a URL of http or https' })
    .max(2_048)
    .optional(),
  metadata,
  expand: list.optional(),
})

/**
 * Creates and confirms a payment: authorized, waiting for its customer (`requires_action`), or declined with a `card_error`
 * (402).
 */
export const createPaymentIntent = async (work: Work, parameters: Parameters) => {
  const { amount, currency, payment_method: method, ...rest } = parseParameters(creation, parameters)
  checkCharge(amount, currency)
  const outcome = outcomeOf(method)
  if (outcome === undefined) {
    throw noSuch('PaymentMethod', { id: method, param: 'payment_method', status: 400 })
  }
  const id = `pi_${uuidv7().replaceAll('-', '')}`
  const row: PaymentIntentRow = {
    id,
    amount,
    amountReceived: 0,
    amountRefunded: 0,
    currency,
    ...begun(work, outcome, rest.error_on_requires_action === 'true'),
    paymentMethod: method,
    metadata: rest.metadata,
    createdAt: new Date(),
    canceledAt: null,
    clientSecret: `${id}_secret_${randomBytes(18).toString('hex')}`,
    returnUrl: rest.return_url ?? null,
  }
  save(work, row)
  if (row.failure === null) return show(work, row, rest.expand)
  const { message, type, ...details } = toCardError(row, row.failure)
  throw new StripeError(402, type, message, { ...details, payment_intent: show(work, row) })
}

type Standing = Pick<PaymentIntentRow, 'status' | 'failure'>

const begun = (work: Work, outcome: Outcome, failsIfAsked: boolean): Standing => {
  if (outcome.kind !== 'asked') return judged(work, outcome)
  return failsIfAsked
    ? { status: 'requires_payment_method', failure: authenticationRequired }
    : { status: 'requires_action', failure: null }
}

/** How a payment stands after a verdict; `processing` if the bank is to answer later. */
export const judged = ({ bank }: Work, verdict: Verdict): Standing => {
  if (verdict.kind === 'declined') return { status: 'requires_payment_method', failure: verdict.failure }
  return { status: bank?.kind === 'processing' ? 'processing' : 'requires_capture', failure: null }
}

const change = z.strictObject({ expand: list.optional() })

/** Charges what is authorized. */
export const capturePaymentIntent = async (work: Work, id: string, parameters: Parameters) => {
  const { expand } = parseParameters(change, parameters)
  const row = await lockPaymentIntent(work, { id, param: 'intent', status: 404 })
  if (row.status !== 'requires_capture') throw unexpectedState(work, 'captured', row)
  if (work.bank?.kind === 'processing') return save(work, { ...row, status: 'processing' }, expand)
  const shown = save(work, { ...row, status: 'succeeded', amountReceived: row.amount }, expand)
  if (work.bank !== undefined) {
    changeLater(work, { kind: 'captureFailed', paymentId: id }, work.bank.delayMs)
  }
  return shown
}

/** The bank answers at last; does nothing if the payment waits for no answer. */
export const endProcessing = async (
  work: Work,
  {
    paymentId,
    fails,
    isCaptured,
  }: { readonly paymentId: string; readonly fails: boolean; readonly isCaptured: boolean },
): Promise<void> => {
  const row = await lockPaymentIntent(work, { id: paymentId, param: 'intent', status: 404 })
  if (row.status !== 'processing') return
  if (fails) {
    save(work, {
      ...row,
      status: 'requires_payment_method',
      failure: isCaptured ? captureFailed : declined,
    })
  } else if (isCaptured) {
    save(work, { ...row, status: 'succeeded', amountReceived: row.amount })
  } else {
    save(work, { ...row, status: 'requires_capture' })
  }
}

/** The bank takes a captured payment back; does nothing if a part of it was refunded. */
export const failCapture = async (work: Work, id: string): Promise<void> => {
  const row = await lockPaymentIntent(work, { id, param: 'intent', status: 404 })
  if (row.status !== 'succeeded' || row.amountRefunded > 0) return
  save(work, { ...row, status: 'requires_payment_method', amountReceived: 0, failure: captureFailed })
}

const cancellation = z.strictObject({ cancellation_reason: z.string().optional(), expand: list.optional() })

const cancellable: ReadonlySet<PaymentIntentRow['status']> = new Set([
  'requires_capture',
  'requires_payment_method',
  'requires_action',
])

/** Gives an authorization up, or the question to the customer. */
export const cancelPaymentIntent = async (work: Work, id: string, parameters: Parameters) => {
  const { expand } = parseParameters(cancellation, parameters)
  const row = await lockPaymentIntent(work, { id, param: 'intent', status: 404 })
  if (!cancellable.has(row.status)) {
    throw unexpectedState(work, 'canceled', row)
  }
  return save(work, { ...row, status: 'canceled', canceledAt: new Date() }, expand)
}

/** One payment. */
export const retrievePaymentIntent = async (work: Work, id: string, parameters: Parameters) => {
  const { expand } = parseParameters(change, parameters)
  const row = await work.manager.findOneBy(paymentIntentTable, { id })
  if (row === null) throw noSuch('payment_intent', { id, param: 'intent', status: 404 })
  return show(work, row, expand)
}

const search = z.strictObject({ query: z.string(), limit: pageSize })

/** The payments of an order, newest first; the one query that is understood is `metadata["order_id"]:"…"`. */
export const searchPaymentIntents = async (work: Work, parameters: Parameters) => {
  const { query, limit } = parseParameters(search, parameters)
  const [, , orderId] = /^\s*metadata\[(["'])order_id\1\]\s*:\s*["']([^"'\\]*)["']\s*$/.exec(query) ?? []
  if (orderId === undefined) {
    throw invalidRequest('The simulator understands metadata["order_id"]:"…" alone.', { param: 'query' })
  }
  const rows = await work.manager
    .createQueryBuilder(paymentIntentTable, 'intent')
    .where('order_id = :orderId', { orderId })
    .orderBy('intent.createdAt', 'DESC')
    .limit(limit + 1)
    .getMany()
  return {
    object: 'search_result',
    data: rows.slice(0, limit).map(row => show(work, row)),
    has_more: rows.length > limit,
    next_page: null,
    url: '/v1/payment_intents/search',
  }
}

/** Takes a payment's row until the transaction ends; `param` and `status` are for the error if there is none. */
export const lockPaymentIntent = async (
  { manager }: Work,
  { id, param, status }: { readonly id: string; readonly param: string; readonly status: 400 | 404 },
): Promise<PaymentIntentRow> => {
  const row = await manager.findOne(paymentIntentTable, {
    where: { id },
    lock: { mode: 'pessimistic_write' },
  })
  if (row === null) throw noSuch('payment_intent', { id, param, status })
  return row
}

/** Has a payment stored that is new or comes into a state, tells of it, and shows it. */
export const save = (work: Work, row: PaymentIntentRow, expand?: readonly string[]) => {
  work.changes.payments.set(row.id, row)
  tell(work, row)
  return show(work, row, expand)
}

/** Tells how a payment stands, and has come later what follows from that. */
const tell = (work: Work, row: PaymentIntentRow): void => {
  const { id: paymentId, status, paymentMethod } = row
  const type = toldOf[status]
  if (type !== null) record(work, type, show(work, row))
  if (status === 'processing' && work.bank?.kind === 'processing') {
    const { operation, fails, delayMs } = work.bank
    changeLater(work, { kind: 'processed', paymentId, fails, isCaptured: operation === 'capture' }, delayMs)
  }
  const afterwards = afterwardsOf(paymentMethod)
  if (status === 'succeeded' && afterwards?.kind === 'disputed') {
    changeLater(work, { ...afterwards, paymentId }, afterwardsMs)
  }
}

/** What is told of a payment that comes into a state. */
const toldOf = {
  requires_payment_method: 'payment_intent.payment_failed',
  requires_action: null,
  processing: 'payment_intent.processing',
  requires_capture: 'payment_intent.amount_capturable_updated',
  succeeded: 'payment_intent.succeeded',
  canceled: 'payment_intent.canceled',
} as const satisfies Record<PaymentIntentRow['status'], EventType | null>

const show = ({ origin }: Work, row: PaymentIntentRow, expand?: readonly string[]) =>
  toPaymentIntent(row, { origin, expand })

const unexpectedState = (work: Work, wanted: 'captured' | 'canceled', row: PaymentIntentRow) =>
  invalidRequest(`This PaymentIntent could not be ${wanted} because it has a status of ${row.status}.`, {
    code: 'payment_intent_unexpected_state',
    payment_intent: show(work, row),
  })
