import { type Order, type OrderRefusal, type Shortage, system, type Transition, withEvent } from './order.ts'

/** The requests to other services that orders need; each is safe to repeat, also while the first is under way. */
export const steps = [
  ...(['RESERVE_STOCK', 'AUTHORIZE_PAYMENT', 'COMMIT_STOCK', 'CAPTURE_PAYMENT'] as const),
  ...(['RETURN_PAYMENT', 'RETURN_STOCK', 'REFUND'] as const),
] as const
export type Step = (typeof steps)[number]

/** The step that an order needs next; null if nothing is left to do. */
export const nextStep = (order: Order): Step | null => {
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

/** How a step ended; `notExecuted` if the first attempt is known to have done nothing. */
export type StepResult =
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
  | {
      readonly step: 'RETURN_PAYMENT'
      readonly kind: 'voided' | 'refunded'
      readonly paymentId: string | null
    }
  | { readonly step: 'RETURN_STOCK'; readonly kind: 'returned' }
  | { readonly step: 'REFUND'; readonly kind: 'refunded' }
  | { readonly step: 'REFUND'; readonly kind: 'failed'; readonly reason: string }

/** The order after a step; a late or repeated result of a step that is not the next one changes nothing. */
export const applyResult = (order: Order, result: StepResult, now: Date): Transition => {
  if (nextStep(order) !== result.step) return { kind: 'unchanged', order }
  if (result.step === 'REFUND') return finishRefund(order, result.kind, now)
  return finishCheckout(markAsked(withResult(order, result)), now)
}

/** A new order as others must take it from its row: its payment may have been asked for by the time that they read the row. */
export const anticipatePayment = (order: Order): Order =>
  order.payment.state === 'NOT_ASKED' ? { ...order, payment: { ...order.payment, state: 'ASKED' } } : order

/**
 * Whether progress of a checkout need not be written yet: whoever goes on from the row alone repeats the steps, which
 * changes nothing, or undoes all that they may have done. So the row must not say that the payment was never asked for
 * when it is about to be, and a refusal or an outcome is always written.
 */
export const mayStayUnwritten = (written: Order, order: Order): boolean =>
  written.status === 'PENDING' &&
  order.status === 'PENDING' &&
  order.refusal === null &&
  nextStep(order) !== null &&
  (written.payment.state !== 'NOT_ASKED' || order.payment.state === 'NOT_ASKED')

const patienceMs = 30 * 60_000

/** Whether a PENDING order without a refusal was placed more than 30 minutes ago, and is to be given up. */
export const isOverdue = (order: Order, now: Date): boolean => {
  const at = givenUpAt(order)
  return at !== null && now > at
}

/** When an order is given up that has come no further; null if it must be finished. */
export const givenUpAt = ({
  status,
  refusal,
  placedAt,
}: Pick<Order, 'status' | 'placedAt'> & { readonly refusal: object | null }): Date | null =>
  status === 'PENDING' && refusal === null ? new Date(placedAt.getTime() + patienceMs) : null

/** Refuses a PENDING order that could not be finished in time; any other order is unchanged. */
export const giveUp = (order: Order, now: Date): Transition =>
  order.status === 'PENDING' && order.refusal === null
    ? finishCheckout({ ...order, refusal: { kind: 'Unavailable' } }, now)
    : { kind: 'unchanged', order }

const withResult = (order: Order, result: Exclude<StepResult, { step: 'REFUND' }>): Order => {
  const { payment } = order
  switch (result.kind) {
    case 'reserved':
      return { ...order, stock: 'RESERVED' }
    case 'short':
      return refuse({ ...order, stock: 'REFUSED' }, { kind: 'OutOfStock', shortages: result.shortages })
    case 'authorized':
      return { ...order, payment: { ...payment, state: 'AUTHORIZED', id: result.paymentId } }
    case 'declined':
      return refuse(
        { ...order, payment: { ...payment, state: 'DECLINED', id: result.paymentId } },
        { kind: 'PaymentDeclined', reason: result.reason },
      )
    case 'notExecuted':
      return refuse(
        result.step === 'RESERVE_STOCK'
          ? { ...order, stock: 'REFUSED' }
          : { ...order, payment: { ...payment, state: 'NOT_ASKED' } },
        { kind: 'Unavailable' },
      )
    case 'committed':
      return { ...order, stock: 'COMMITTED' }
    case 'captured':
      return { ...order, payment: { ...payment, state: 'CAPTURED' } }
    case 'lapsed':
      return refuse(
        { ...order, payment: { ...payment, state: 'VOIDED' } },
        { kind: 'PaymentDeclined', reason: 'authorization_lapsed' },
      )
    case 'voided':
      return { ...order, payment: { ...payment, state: 'VOIDED', id: result.paymentId } }
    case 'refunded':
      return {
        ...order,
        payment: {
          ...payment,
          ...{ state: 'REFUNDED', id: result.paymentId, refundedMinor: order.total.amountMinor },
        },
      }
    case 'returned':
      return { ...order, stock: 'RETURNED' }
    default:
      return result satisfies never
  }
}

const refuse = (order: Order, refusal: OrderRefusal): Order =>
  order.status === 'PENDING' ? { ...order, refusal } : order

const finishRefund = (order: Order, result: 'refunded' | 'failed', now: Date): Transition => {
  const { pendingRefund: refund, payment, total } = order
  if (refund === null) return { kind: 'unchanged', order }
  const finished: Order = { ...order, pendingRefund: null }
  if (result === 'failed') return { kind: 'changed', order: finished, events: [] }
  const refundedMinor = payment.refundedMinor + refund.amountMinor
  const isFull = refundedMinor === total.amountMinor
  const state = isFull && payment.state === 'CAPTURED' ? 'REFUNDED' : payment.state
  const refunded: Order = { ...finished, payment: { ...payment, refundedMinor, state } }
  const isOver = isFull && refunded.status !== 'CANCELLED'
  return withEvent(
    isOver ? { ...refunded, status: 'REFUNDED', refusal: null } : refunded,
    { kind: 'refunded', refund, actor: refund.actor },
    now,
  )
}

/** n.b. the payment counts as asked for before the request is sent, so that a lost answer is not forgotten. */
const markAsked = (order: Order): Order =>
  nextStep(order) === 'AUTHORIZE_PAYMENT' ? anticipatePayment(order) : order

/** Confirms or rejects a PENDING order for which nothing is left to do. */
const finishCheckout = (order: Order, now: Date): Transition => {
  if (order.status !== 'PENDING' || nextStep(order) !== null) return { kind: 'changed', order, events: [] }
  const { refusal, ...facts } = order
  return refusal === null
    ? withEvent({ ...facts, status: 'CONFIRMED', refusal }, { kind: 'confirmed', actor: system }, now)
    : withEvent({ ...facts, status: 'REJECTED', refusal }, { kind: 'rejected', actor: system }, now)
}
