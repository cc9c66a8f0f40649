import {
  type Changed,
  type Order,
  type OrderRefusal,
  type PaymentAction,
  type PaymentChange,
  type Shortage,
  system,
  type Transition,
  withEvent,
} from './order.ts'

/** The requests to other services that orders need; each is safe to repeat, also while the first is under way. */
export const steps = [
  ...(['RESERVE_STOCK', 'AUTHORIZE_PAYMENT', 'AWAIT_PAYMENT', 'COMMIT_STOCK', 'CAPTURE_PAYMENT'] as const),
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
      // n.b. its money may have come back from the bank
      return order.payment.state === 'CAPTURED' ? 'RETURN_PAYMENT' : null
    case 'REFUNDED':
      return null
    default:
      return order satisfies never
  }
}

const forwards = ({ stock, payment }: Order): Step | null => {
  if (stock === 'ASKED') return 'RESERVE_STOCK'
  if (payment.state === 'NOT_ASKED' || payment.state === 'ASKED') return 'AUTHORIZE_PAYMENT'
  if (isWaiting(payment)) return 'AWAIT_PAYMENT'
  if (stock === 'RESERVED') return 'COMMIT_STOCK'
  return payment.state === 'AUTHORIZED' ? 'CAPTURE_PAYMENT' : null
}

/** The compensations, in reverse: the money first, then the stock. */
const backwards = ({ stock, payment }: Order): Step | null => {
  const { state } = payment
  if (isWaiting(payment) || state === 'ASKED' || state === 'AUTHORIZED' || state === 'CAPTURED') {
    return 'RETURN_PAYMENT'
  }
  return stock === 'ASKED' || stock === 'RESERVED' || stock === 'COMMITTED' ? 'RETURN_STOCK' : null
}

/** Whether a payment waits for its customer or for the provider. */
export const isWaiting = ({ state }: Order['payment']): boolean =>
  state === 'REQUIRES_ACTION' || state === 'PROCESSING'

type PayingStep = 'AUTHORIZE_PAYMENT' | 'AWAIT_PAYMENT'

/** How a step ended; `notExecuted` if the first attempt is known to have done nothing. */
export type StepResult =
  | { readonly step: 'RESERVE_STOCK'; readonly kind: 'reserved' | 'notExecuted' }
  | {
      readonly step: 'RESERVE_STOCK' | 'COMMIT_STOCK'
      readonly kind: 'short'
      readonly shortages: readonly Shortage[]
    }
  | { readonly step: PayingStep; readonly kind: 'authorized'; readonly paymentId: string }
  /** The customer has to act, or the provider if `action` is null; the stock is held `until` then. */
  | {
      readonly step: PayingStep
      readonly kind: 'waiting'
      readonly paymentId: string
      readonly action: PaymentAction | null
      readonly until: Date
    }
  | {
      readonly step: PayingStep
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
  /** The provider or a bank has yet to decide. */
  | { readonly step: 'CAPTURE_PAYMENT' | 'REFUND'; readonly kind: 'undecided' }
  | { readonly step: 'REFUND'; readonly kind: 'failed'; readonly reason: string }

/** The order after a step; a late or repeated result of a step that is not the next one changes nothing. */
export const applyResult = (order: Order, result: StepResult, now: Date): Transition => {
  if (nextStep(order) !== result.step) return { kind: 'unchanged', order }
  // n.b. the order stays as it is, and the step is taken again later
  if (result.kind === 'undecided') return { kind: 'changed', order, events: [] }
  if (result.step === 'REFUND') return finishRefund(order, result.kind, now)
  const finished = finishCheckout(markAsked(withResult(order, result, now)), now)
  const change = changeOfPayment(order, finished.order)
  return change === null
    ? finished
    : withEvent(finished.order, { kind: 'paymentChanged', change, actor: system }, now)
}

/** What others must be told of the payment of an order that goes on; null if nothing. */
const changeOfPayment = (before: Order, after: Order): PaymentChange | null => {
  const { state } = after.payment
  const isTold = after.status === 'PENDING' && after.refusal === null && state !== before.payment.state
  if (!isTold) return null
  if (state === 'REQUIRES_ACTION') return 'ACTION_REQUIRED'
  if (state === 'PROCESSING') return 'PROCESSING'
  return state === 'AUTHORIZED' && isWaiting(before.payment) ? 'AUTHORIZED' : null
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
  nextStep(order) !== 'AWAIT_PAYMENT' &&
  (written.payment.state !== 'NOT_ASKED' || order.payment.state === 'NOT_ASKED')

/** Refuses a PENDING order that could not be finished in time; any other order is unchanged. */
export const giveUp = (order: Order, now: Date): Transition =>
  order.status === 'PENDING' && order.refusal === null
    ? finishCheckout({ ...order, refusal: { kind: 'Unavailable' } }, now)
    : { kind: 'unchanged', order }

const withResult = (
  order: Order,
  result: Exclude<StepResult, { step: 'REFUND' } | { kind: 'undecided' }>,
  now: Date,
): Order => {
  const { payment } = order
  switch (result.kind) {
    case 'reserved':
      return { ...order, stock: 'RESERVED' }
    case 'short':
      return refuse({ ...order, stock: 'REFUSED' }, { kind: 'OutOfStock', shortages: result.shortages })
    case 'authorized':
      return { ...order, payment: { ...payment, state: 'AUTHORIZED', id: result.paymentId, action: null } }
    case 'waiting': {
      const { paymentId: id, action, until: waitsUntil } = result
      const state = action === null ? 'PROCESSING' : 'REQUIRES_ACTION'
      const waiting: Order = { ...order, payment: { ...payment, state, id, action, waitsUntil } }
      return now < waitsUntil
        ? waiting
        : refuse(waiting, { kind: 'PaymentDeclined', reason: 'action_expired' })
    }
    case 'declined': {
      const declined: OrderRefusal = { kind: 'PaymentDeclined', reason: result.reason }
      // n.b. whoever has the client secret can try the payment again with another card, until it is voided
      if (result.step === 'AWAIT_PAYMENT') return refuse(order, declined)
      return refuse({ ...order, payment: { ...payment, state: 'DECLINED', id: result.paymentId } }, declined)
    }
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
    case 'lapsed': {
      const lapsed: OrderRefusal = { kind: 'PaymentDeclined', reason: 'authorization_lapsed' }
      // n.b. as after AWAIT_PAYMENT
      if (payment.waitsUntil !== null) return refuse(order, lapsed)
      return refuse({ ...order, payment: { ...payment, state: 'VOIDED' } }, lapsed)
    }
    case 'voided':
      return { ...order, payment: { ...payment, state: 'VOIDED', id: result.paymentId, action: null } }
    case 'refunded':
      return {
        ...order,
        payment: {
          ...payment,
          ...{
            state: 'REFUNDED',
            id: result.paymentId,
            refundedMinor: order.total.amountMinor,
            action: null,
          },
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
const finishCheckout = (order: Order, now: Date): Changed => {
  if (order.status !== 'PENDING' || nextStep(order) !== null) return { kind: 'changed', order, events: [] }
  const { refusal, ...facts } = order
  return refusal === null
    ? withEvent({ ...facts, status: 'CONFIRMED', refusal }, { kind: 'confirmed', actor: system }, now)
    : withEvent({ ...facts, status: 'REJECTED', refusal }, { kind: 'rejected', actor: system }, now)
}
