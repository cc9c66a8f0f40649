import { changed, type Order, type Refusal, type Shortage, system, type Transition } from '../domain/order.ts'

/** What is to be done elsewhere for an order; each is safe to repeat and to do twice at once. */
export type Step =
  | 'RESERVE_STOCK'
  | 'AUTHORIZE_PAYMENT'
  | 'COMMIT_STOCK'
  | 'CAPTURE_PAYMENT'
  | 'RETURN_PAYMENT'
  | 'RETURN_STOCK'
  | 'REFUND'

/** The step that an order needs next; null where nothing is left to do. */
export const decide = (order: Order): Step | null => {
  switch (order.status) {
    case 'PENDING':
      return order.refusal === null ? forwards(order) : backwards(order)
    case 'CANCELLED':
      return order.pendingRefund === null ? backwards(order) : 'REFUND'
    case 'CONFIRMED':
    case 'SHIPPED':
    case 'DELIVERED':
      return order.pendingRefund === null ? null : 'REFUND'
    case 'REJECTED':
    case 'REFUNDED':
      return null
    default:
      return order satisfies never
  }
}

const forwards = ({ stock, payment }: Order): Step | null => {
  if (stock === 'ASKED') return 'RESERVE_STOCK'
  if (payment.state === 'NOT_ASKED' || payment.state === 'ASKED') return 'AUTHORIZE_PAYMENT'
  if (stock === 'RESERVED') return 'COMMIT_STOCK'
  return payment.state === 'AUTHORIZED' ? 'CAPTURE_PAYMENT' : null
}

/** The compensations, in reverse: the money first, then the stock. */
const backwards = ({ stock, payment }: Order): Step | null => {
  if (payment.state === 'ASKED' || payment.state === 'AUTHORIZED' || payment.state === 'CAPTURED') {
    return 'RETURN_PAYMENT'
  }
  return stock === 'ASKED' || stock === 'RESERVED' || stock === 'COMMITTED' ? 'RETURN_STOCK' : null
}

/** How a step ended; `notExecuted` where the first attempt at it is known to have done nothing. */
export type Answer =
  | { readonly step: 'RESERVE_STOCK'; readonly kind: 'reserved' | 'notExecuted' }
  | {
      readonly step: 'RESERVE_STOCK' | 'COMMIT_STOCK'
      readonly kind: 'short'
      readonly shortages: readonly Shortage[]
    }
  | { readonly step: 'AUTHORIZE_PAYMENT'; readonly kind: 'authorized'; readonly paymentId: string }
  | {
      readonly step: 'AUTHORIZE_PAYMENT'
      readonly kind: 'declined'
      readonly reason: string
      readonly paymentId: string | null
    }
  | { readonly step: 'AUTHORIZE_PAYMENT'; readonly kind: 'notExecuted' }
  | { readonly step: 'COMMIT_STOCK'; readonly kind: 'committed' }
  | { readonly step: 'CAPTURE_PAYMENT'; readonly kind: 'captured' | 'lapsed' }
  | { readonly step: 'RETURN_PAYMENT'; readonly kind: 'voided' | 'refunded' }
  | { readonly step: 'RETURN_STOCK'; readonly kind: 'returned' }
  | { readonly step: 'REFUND'; readonly kind: 'refunded' }
  | { readonly step: 'REFUND'; readonly kind: 'failed'; readonly reason: string }

/** What an answer makes of an order: an answer to anything but the order's next step, late or double, changes nothing. */
export const advance = (order: Order, answer: Answer, now: Date): Transition => {
  if (decide(order) !== answer.step) return { kind: 'unchanged', order }
  if (answer.step === 'REFUND') return settleRefund(order, answer.kind, now)
  return settle(enter(apply(order, answer)), now)
}

const patienceMs = 30 * 60_000

/** Whether an order has been on its way forwards for so long that it is to be given up. */
export const isOverdue = ({ status, refusal, placedAt }: Order, now: Date): boolean =>
  status === 'PENDING' && refusal === null && now.getTime() - placedAt.getTime() > patienceMs

/** Turns a PENDING order round because it can't be finished in time; nothing else changes. */
export const giveUp = (order: Order, now: Date): Transition =>
  order.status === 'PENDING' && order.refusal === null
    ? settle({ ...order, refusal: unavailable }, now)
    : { kind: 'unchanged', order }

const apply = (order: Order, answer: Exclude<Answer, { step: 'REFUND' }>): Order => {
  const { payment } = order
  switch (answer.kind) {
    case 'reserved':
      return { ...order, stock: 'RESERVED' }
    case 'short':
      return refuse({ ...order, stock: 'REFUSED' }, outOfStock(answer.shortages))
    case 'authorized':
      return { ...order, payment: { ...payment, state: 'AUTHORIZED', id: answer.paymentId } }
    case 'declined':
      return refuse(
        { ...order, payment: { ...payment, state: 'DECLINED', id: answer.paymentId } },
        paymentDeclined(answer.reason),
      )
    case 'notExecuted':
      return refuse(
        answer.step === 'RESERVE_STOCK'
          ? { ...order, stock: 'REFUSED' }
          : { ...order, payment: { ...payment, state: 'NOT_ASKED' } },
        unavailable,
      )
    case 'committed':
      return { ...order, stock: 'COMMITTED' }
    case 'captured':
      return { ...order, payment: { ...payment, state: 'CAPTURED' } }
    case 'lapsed':
      return refuse(
        { ...order, payment: { ...payment, state: 'VOIDED' } },
        paymentDeclined('authorization_lapsed'),
      )
    case 'voided':
      return { ...order, payment: { ...payment, state: 'VOIDED' } }
    case 'refunded':
      return {
        ...order,
        payment: { ...payment, state: 'REFUNDED', refundedMinor: order.total.amountMinor },
      }
    case 'returned':
      return { ...order, stock: 'RETURNED' }
    default:
      return answer satisfies never
  }
}

const refuse = (order: Order, refusal: Refusal): Order =>
  order.status === 'PENDING' ? { ...order, refusal } : order

const settleRefund = (order: Order, outcome: 'refunded' | 'failed', now: Date): Transition => {
  const { pendingRefund: refund, payment, total } = order
  if (refund === null) return { kind: 'unchanged', order }
  const settled: Order = { ...order, pendingRefund: null }
  if (outcome === 'failed') return { kind: 'changed', order: settled, events: [] }
  const refundedMinor = payment.refundedMinor + refund.amountMinor
  const isFull = refundedMinor === total.amountMinor
  const state = isFull && payment.state === 'CAPTURED' ? 'REFUNDED' : payment.state
  const refunded: Order = { ...settled, payment: { ...payment, refundedMinor, state } }
  const isOver = isFull && refunded.status !== 'CANCELLED'
  return changed(
    isOver ? { ...refunded, status: 'REFUNDED', refusal: null } : refunded,
    { kind: 'refunded', refund, actor: refund.actor },
    now,
  )
}

/** n.b. an authorization counts as asked for from before the request is sent. */
const enter = (order: Order): Order =>
  decide(order) === 'AUTHORIZE_PAYMENT' ? { ...order, payment: { ...order.payment, state: 'ASKED' } } : order

const settle = (order: Order, now: Date): Transition => {
  if (order.status !== 'PENDING' || decide(order) !== null) return { kind: 'changed', order, events: [] }
  const { refusal, ...facts } = order
  return refusal === null
    ? changed({ ...facts, status: 'CONFIRMED', refusal }, { kind: 'confirmed', actor: system }, now)
    : changed(
        { ...facts, status: 'REJECTED', refusal },
        { kind: 'rejected', reason: refusal.message, actor: system },
        now,
      )
}

const unavailable: Refusal = {
  kind: 'Unavailable',
  message: 'The order could not be taken, because a service that it needs was away. Nothing was charged.',
}

const outOfStock = (shortages: readonly Shortage[]): Refusal => ({
  kind: 'OutOfStock',
  message: 'Not everything is in stock in the quantity that was ordered.',
  shortages,
})

const paymentDeclined = (reason: string): Refusal => ({
  kind: 'PaymentDeclined',
  message: 'The payment was declined: choose another payment method. Nothing was charged.',
  reason,
})
