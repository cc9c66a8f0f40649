import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { EntityManager } from 'typeorm'
import { z } from 'zod'
import { checkCharge } from './amounts.ts'
import { type PaymentIntentRow, paymentIntentTable } from './database/tables.ts'
import { integer, list, type Parameters, pageSize, parseParameters } from './form.ts'
import { toCardError, toPaymentIntent } from './objects.ts'
import { invalidRequest, noSuch, StripeError } from './stripe-error.ts'
import { outcomeOf } from './test-methods.ts'

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
  metadata,
  expand: list.optional(),
})

/** Creates and confirms a payment: authorized, or declined with a `card_error` (402). */
export const createPaymentIntent = async (manager: EntityManager, parameters: Parameters) => {
  const { amount, currency, payment_method: method, metadata, expand } = parseParameters(creation, parameters)
  checkCharge(amount, currency)
  const outcome = outcomeOf(method)
  if (outcome === undefined) {
    throw noSuch('PaymentMethod', { id: method, param: 'payment_method', status: 400 })
  }
  const row: PaymentIntentRow = {
    id: `pi_${uuidv7().replaceAll('-', '')}`,
    amount,
    amountReceived: 0,
    amountRefunded: 0,
    currency,
    status: outcome === 'succeeds' ? 'requires_capture' : 'requires_payment_method',
    paymentMethod: method,
    metadata,
    createdAt: new Date(),
    canceledAt: null,
  }
  await manager.insert(paymentIntentTable, row)
  if (outcome === 'succeeds') return toPaymentIntent(row, { expand })
  const { message, type, ...details } = toCardError(row, outcome)
  const payment_intent = toPaymentIntent(row, { decline: outcome })
  throw new StripeError(402, type, message, { ...details, payment_intent })
}

const change = z.strictObject({ expand: list.optional() })

/** Charges what is authorized. */
export const capturePaymentIntent = async (manager: EntityManager, id: string, parameters: Parameters) => {
  const { expand } = parseParameters(change, parameters)
  const row = await lockPaymentIntent(manager, { id, param: 'intent', status: 404 })
  if (row.status !== 'requires_capture') throw unexpectedState('captured', row)
  return save(manager, { ...row, status: 'succeeded', amountReceived: row.amount }, expand)
}

const cancellation = z.strictObject({ cancellation_reason: z.string().optional(), expand: list.optional() })

/** Gives an authorization up. */
export const cancelPaymentIntent = async (manager: EntityManager, id: string, parameters: Parameters) => {
  const { expand } = parseParameters(cancellation, parameters)
  const row = await lockPaymentIntent(manager, { id, param: 'intent', status: 404 })
  if (row.status !== 'requires_capture' && row.status !== 'requires_payment_method') {
    throw unexpectedState('canceled', row)
  }
  return save(manager, { ...row, status: 'canceled', canceledAt: new Date() }, expand)
}

/** One payment. */
export const retrievePaymentIntent = async (manager: EntityManager, id: string, parameters: Parameters) => {
  const { expand } = parseParameters(change, parameters)
  const row = await manager.findOneBy(paymentIntentTable, { id })
  if (row === null) throw noSuch('payment_intent', { id, param: 'intent', status: 404 })
  return show(row, expand)
}

const search = z.strictObject({ query: z.string(), limit: pageSize })

/** The payments of an order, newest first; the one query that is understood is `metadata["order_id"]:"…"`. */
export const searchPaymentIntents = async (manager: EntityManager, parameters: Parameters) => {
  const { query, limit } = parseParameters(search, parameters)
  const [, , orderId] = /^\s*metadata\[(["'])order_id\1\]\s*:\s*["']([^"'\\]*)["']\s*$/.exec(query) ?? []
  if (orderId === undefined) {
    throw invalidRequest('The simulator understands metadata["order_id"]:"…" alone.', { param: 'query' })
  }
  const rows = await manager
    .createQueryBuilder(paymentIntentTable, 'intent')
    .where('order_id = :orderId', { orderId })
    .orderBy('intent.createdAt', 'DESC')
    .limit(limit + 1)
    .getMany()
  return {
    object: 'search_result',
    data: rows.slice(0, limit).map(row => show(row)),
    has_more: rows.length > limit,
    next_page: null,
    url: '/v1/payment_intents/search',
  }
}

/** Takes a payment's row until the transaction ends; `param` and `status` are for the error if there is none. */
export const lockPaymentIntent = async (
  manager: EntityManager,
  { id, param, status }: { readonly id: string; readonly param: string; readonly status: 400 | 404 },
): Promise<PaymentIntentRow> => {
  const row = await manager.findOne(paymentIntentTable, {
    where: { id },
    lock: { mode: 'pessimistic_write' },
  })
  if (row === null) throw noSuch('payment_intent', { id, param, status })
  return row
}

const save = async (manager: EntityManager, row: PaymentIntentRow, expand?: readonly string[]) => {
  const { id, status, amountReceived, canceledAt } = row
  await manager.update(paymentIntentTable, { id }, { status, amountReceived, canceledAt })
  return show(row, expand)
}

const show = (row: PaymentIntentRow, expand?: readonly string[]) => {
  const outcome = row.status === 'requires_payment_method' ? outcomeOf(row.paymentMethod) : undefined
  return toPaymentIntent(row, { expand, decline: typeof outcome === 'object' ? outcome : undefined })
}

const unexpectedState = (wanted: 'captured' | 'canceled', row: PaymentIntentRow) =>
  invalidRequest(`This PaymentIntent could not be ${wanted} because it has a status of ${row.status}.`, {
    code: 'payment_intent_unexpected_state',
    payment_intent: show(row),
  })
