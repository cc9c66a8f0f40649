import { nextStep } from '../domain/next-step.ts'
import type { Order, OrderRefusal, Refund } from '../domain/order.ts'
import type { OrderRow } from './tables.ts'

/** The order that a row and its pending refund hold. */
export const toOrder = (row: OrderRow, pendingRefund: Refund | null): Order => {
  const { status, refusal, currency, totalMinor, shipping: _, step: __, ...columns } = row
  const { stockState, paymentState, paymentMethod, paymentId, refundedMinor, ...others } = columns
  const { paymentAction: action, paymentWaitsUntil: waitsUntil, ...same } = others
  const facts = {
    ...same,
    pendingRefund,
    total: { amountMinor: totalMinor, currency },
    stock: stockState,
    payment: { state: paymentState, method: paymentMethod, id: paymentId, refundedMinor, action, waitsUntil },
  }
  if (status === 'PENDING') return { ...facts, status, refusal }
  if (status !== 'REJECTED') return { ...facts, status, refusal: null }
  if (refusal === null) throw new Error(`The refusal of order ${row.id} is missing in its row.`)
  return { ...facts, status, refusal }
}

/** The row of an order that is sent to this address. */
export const toRow = (order: Order, shipping: OrderRow['shipping']): OrderRow => {
  const { total, payment, stock, refusal, pendingRefund: _, ...same } = order
  return {
    ...same,
    shipping,
    // n.b. a process of an earlier release, which may run beside this one, knows no other message than the row's
    refusal: refusal && { ...refusal, message: refusalSentence(refusal) },
    currency: total.currency,
    totalMinor: total.amountMinor,
    stockState: stock,
    paymentState: payment.state,
    paymentMethod: payment.method,
    paymentId: payment.id,
    refundedMinor: payment.refundedMinor,
    paymentAction: payment.action,
    paymentWaitsUntil: payment.waitsUntil,
    step: nextStep(order),
  }
}

/** The sentence that tells why an order is refused: its row, its history and its event hold it, and its customer reads it. */
export const refusalSentence = (refusal: OrderRefusal): string =>
  refusal.message ??
  (refusal.kind === 'PaymentDeclined' ? declineSentences.get(refusal.reason) : undefined) ??
  sentences[refusal.kind]

/** n.b. the provider's limits also depend on the shop's bank account, so it may refuse what seemed payable. */
const declineSentences: ReadonlyMap<string, string> = new Map([
  ['amount_too_small', 'The total is too small to be paid: order more. Nothing was charged.'],
  ['amount_too_large', 'The total is too large for one payment: split the order. Nothing was charged.'],
  ['action_expired', 'The payment was not approved in time: order again. Nothing was charged.'],
  [
    'payment_intent_authentication_failure',
    'The payment was not approved: order again, and approve it, or choose another payment method. Nothing was charged.',
  ],
])

const sentences = {
  OutOfStock: 'Not everything is in stock in the quantity that was ordered.',
  PaymentDeclined: 'The payment was declined: choose another payment method. Nothing was charged.',
  Unavailable: 'The order could not be taken, because a service that it needs was away. Nothing was charged.',
} as const satisfies Readonly<Record<OrderRefusal['kind'], string>>
