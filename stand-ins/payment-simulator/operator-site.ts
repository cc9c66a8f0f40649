import type { IncomingMessage, ServerResponse } from 'node:http'
import { parseAmount } from '@supergraph/money/money.ts'
import { toUnits } from '@supergraph/money/stripe-units.ts'
import { readText } from '@supergraph/runtime/request-body.ts'
import type { RequestTarget } from '@supergraph/runtime/request-target.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'
import { disputeTable, type PaymentIntentRow, paymentIntentTable, refundTable } from './database/tables.ts'
import { continueDispute, openDispute } from './disputes.ts'
import { decodeForm, parseParameters } from './form.ts'
import { paymentPage, paymentsPage, refusedPage } from './operator-pages.ts'
import { refuseOperator } from './operators.ts'
import { pageHeaders, sendPage } from './page.ts'
import { createRefund } from './refunds.ts'
import { invalidRequest, noSuch, StripeError } from './stripe-error.ts'
import type { Work } from './work.ts'

const maxBodyBytes = 4 * 1024
const shownPayments = 50

const actions = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('refund'), amount: z.string().trim() }),
  z.strictObject({ action: z.literal('dispute') }),
  z.strictObject({ action: z.enum(['answer', 'win', 'lose']), dispute: z.string() }),
])

/** Answers the provider's console: `/simulator` lists the payments, and `/simulator/payments/<id>` refunds and disputes one. */
export const createOperatorSite = ({
  database,
  apiKey,
  transact,
}: {
  readonly database: DataSource
  readonly apiKey: string
  readonly transact: <Result>(change: (work: Work) => Promise<Result>) => Promise<Result>
}) => {
  const showPayment = async (response: ServerResponse, id: string, problem?: StripeError) => {
    const { manager } = database
    const row = await manager.findOneBy(paymentIntentTable, { id })
    if (row === null) throw noSuch('payment_intent', { id, param: 'intent', status: 404 })
    const order = { createdAt: 'DESC' } as const
    const where = { paymentIntentId: id }
    const refunds = await manager.find(refundTable, { where, order })
    const disputes = await manager.find(disputeTable, { where, order })
    const page = paymentPage({ row, refunds, disputes, problem: problem?.message })
    sendPage(response, problem?.status ?? 200, page)
  }

  const act = async (response: ServerResponse, id: string, body: string) => {
    const action = parseParameters(actions, decodeForm(body))
    try {
      await transact(work => carryOut(work, id, action))
    } catch (error) {
      if (error instanceof StripeError && error.status === 400) return showPayment(response, id, error)
      throw error
    }
    response.writeHead(303, { ...pageHeaders, location: `/simulator/payments/${id}` }).end()
  }

  return async (
    request: IncomingMessage,
    response: ServerResponse,
    { path, search }: RequestTarget,
  ): Promise<void> => {
    const refusal = refuseOperator(request, apiKey)
    if (refusal === 'unknown') {
      response.setHeader(
        'www-authenticate',
        'Basic realm="the payment simulator; its STRIPE_API_KEY is the user"',
      )
      return sendPage(
        response,
        401,
        refusedPage('Sign in with the STRIPE_API_KEY of the simulator as the user.'),
      )
    }
    if (refusal === 'foreign') {
      return sendPage(response, 403, refusedPage('This was sent by another site: open the console itself.'))
    }
    const { method = 'GET' } = request
    const [, id] = paymentPath.exec(path) ?? []
    if (method === 'POST' && id !== undefined) return act(response, id, await readText(request, maxBodyBytes))
    if (method !== 'GET' && method !== 'HEAD')
      throw invalidRequest('The console takes GET here alone.', {}, 405)
    if (id !== undefined) return showPayment(response, id)
    const orderId = new URLSearchParams(search).get('order')
    sendPage(response, 200, paymentsPage(await findPayments(database, orderId), orderId))
  }
}

/** The latest payments, of one order or of all. */
const findPayments = (database: DataSource, orderId: string | null): Promise<readonly PaymentIntentRow[]> => {
  const query = database.manager.createQueryBuilder(paymentIntentTable, 'intent')
  // n.b. PostgreSQL takes no text with a NUL in it
  if (orderId !== null) query.where('order_id = :orderId', { orderId: orderId.replaceAll('\0', '') })
  return query.orderBy('intent.createdAt', 'DESC').limit(shownPayments).getMany()
}

const carryOut = async (work: Work, paymentId: string, action: z.output<typeof actions>): Promise<void> => {
  switch (action.action) {
    case 'refund':
      await createRefund(work, {
        payment_intent: paymentId,
        ...(await amountOf(work, paymentId, action.amount)),
      })
      return
    case 'dispute': {
      const isOpen = await openDispute(work, paymentId, { reason: 'fraudulent', isInquiry: false })
      if (!isOpen) throw invalidRequest('Nothing is left of this payment that could be disputed.')
      return
    }
    case 'answer':
    case 'win':
    case 'lose':
      return continueDispute(work, { id: action.dispute, paymentId }, action.action)
    default:
      return action satisfies never
  }
}

/** The amount as the API takes it; none for all that is left. */
const amountOf = async (
  { manager }: Work,
  id: string,
  text: string,
): Promise<{ readonly amount?: string }> => {
  if (text === '') return {}
  const row: PaymentIntentRow | null = await manager.findOneBy(paymentIntentTable, { id })
  if (row === null) throw noSuch('payment_intent', { id, param: 'intent', status: 404 })
  const currency = row.currency.toUpperCase()
  const parsed = parseAmount(text, currency)
  if (parsed.kind === 'amount')
    return { amount: String(toUnits({ amountMinor: parsed.amountMinor, currency })) }
  throw invalidRequest(parsed.message, { param: 'amount' })
}

const paymentPath = /^\/simulator\/payments\/([^/]+)$/

/** Whether a path is one of the console. */
export const isOperatorPath = (path: string): boolean => path === '/simulator' || paymentPath.test(path)
