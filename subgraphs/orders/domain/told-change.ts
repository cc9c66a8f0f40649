import { type Elsewhere, isCharged, type ToldChange } from './elsewhere.ts'
import { findMade, type TakenRefund, takeRefund } from './made-refund.ts'
import {
  cancelOrder,
  deliverOrder,
  type Order,
  shipOrder,
  system,
  type Tracking,
  type Transition,
  withEvent,
} from './order.ts'

/** What a change that others were told of makes of the order; undefined if it does not follow from what the others have. */
export const repeatChange = (
  order: Order,
  taken: readonly TakenRefund[],
  change: ToldChange,
  elsewhere: Elsewhere,
): Transition | undefined => {
  const { kind, at, reason, tracking } = change
  switch (kind) {
    case 'placed':
    case null:
      return undefined
    case 'paymentChanged':
      return changePayment(order, elsewhere, at)
    case 'confirmed':
      return confirm(order, elsewhere, at)
    case 'rejected':
      return reject(order, reason, elsewhere, at)
    case 'cancelled':
      return cancelOrder(order, { reason, actor: system }, at)
    case 'shipped':
      return shipOrder(order, { tracking: tracking ?? unknownTracking, actor: system }, at)
    case 'delivered':
      return deliverOrder(order, { actor: system }, at)
    case 'refunded': {
      const made = findMade(order, taken, change, elsewhere)
      return made && takeRefund(order, made, reason, at)
    }
    default:
      return kind satisfies never
  }
}

const unknownTracking: Tracking = { carrier: null, trackingNumber: 'unknown' }

/** n.b. nobody was told what has changed: the order gets the version, and the services ask the provider for the rest. */
const changePayment = (
  order: Order,
  { payment, isDisputed, hasFailedRefund }: Elsewhere,
  at: Date,
): Transition | undefined => {
  const noted = (change: 'PROCESSING' | 'DISPUTE_CHANGED' | 'PAYMENT_FAILED') =>
    withEvent(order, { kind: 'paymentChanged', change, actor: system }, at)
  if (order.status === 'PENDING') return order.refusal === null ? noted('PROCESSING') : undefined
  // n.b. a refund that came back may have changed the status
  if (hasFailedRefund) return undefined
  if (isDisputed) return noted('DISPUTE_CHANGED')
  const isSent = order.status === 'SHIPPED' || order.status === 'DELIVERED'
  const isLost = payment?.standing === 'DECLINED' || payment?.standing === 'VOIDED'
  return isSent && isLost ? noted('PAYMENT_FAILED') : undefined
}

/** n.b. whoever was told that an order is confirmed knows that its stock was taken, whatever products says now. */
const confirm = (order: Order, elsewhere: Elsewhere, at: Date): Transition | undefined => {
  const { payment } = order
  const id = elsewhere.payment?.id ?? null
  const isFree = payment.state === 'NOT_REQUIRED'
  if (order.status !== 'PENDING' || order.refusal !== null || !(isFree || isCharged(elsewhere))) return
  return withEvent(
    {
      ...order,
      status: 'CONFIRMED',
      refusal: null,
      stock: 'COMMITTED',
      payment: isFree ? payment : { ...payment, state: 'CAPTURED', id, action: null },
    },
    { kind: 'confirmed', actor: system },
    at,
  )
}

/** n.b. an order is rejected once it holds nothing any more. */
const reject = (
  order: Order,
  message: string | null,
  elsewhere: Elsewhere,
  at: Date,
): Transition | undefined => {
  const payment = order.status === 'PENDING' ? rejectedPayment(order, elsewhere) : undefined
  if (payment === undefined) return undefined
  const refusal = order.refusal ?? { kind: 'Unavailable', ...(message !== null && { message }) }
  const stock = order.stock === 'REFUSED' ? 'REFUSED' : 'RETURNED'
  return withEvent(
    { ...order, status: 'REJECTED', refusal, stock, payment: { ...payment, action: null } },
    { kind: 'rejected', actor: system },
    at,
  )
}

const rejectedPayment = (
  { payment, total }: Order,
  { payment: known }: Elsewhere,
): Order['payment'] | undefined => {
  if (known === null) return openStates.includes(payment.state) ? { ...payment, state: 'VOIDED' } : payment
  switch (known.standing) {
    case 'DECLINED':
    case 'VOIDED':
      return { ...payment, state: known.standing, id: known.id }
    case 'RETURNED':
      return { ...payment, state: 'REFUNDED', id: known.id, refundedMinor: total.amountMinor }
    case 'CHARGED':
    case 'RESERVED':
      return undefined
    default:
      return known.standing satisfies never
  }
}

const openStates: readonly Order['payment']['state'][] = [
  ...(['ASKED', 'REQUIRES_ACTION', 'PROCESSING', 'AUTHORIZED'] as const),
]
