import { applyResult, giveUp, nextStep, type StepResult } from './next-step.ts'
import {
  cancelOrder,
  deliverOrder,
  type Order,
  type OrderEvent,
  type PlaceOrder,
  placeOrder,
  type Refund,
  shipOrder,
  system,
  type Tracking,
  type Transition,
  withEvent,
} from './order.ts'

/** A change of an order that others were told of; what it was about is known as far as a letter still tells it. */
export type ToldChange = {
  readonly kind: OrderEvent['kind']
  readonly version: number
  readonly eventId: string
  readonly at: Date
  readonly reason: string | null
  readonly tracking: Tracking | null
  readonly refundedMinor: number | null
}

/** A refund that the payment provider has made for the order, under the order's id of it. */
type MadeRefund = Pick<Refund, 'id' | 'amountMinor'>

/** What others have of an order. */
export type Elsewhere = {
  /** By version. */
  readonly changes: readonly ToldChange[]
  /** RETURNED: products was asked to give it back. */
  readonly stock: 'NONE' | 'HELD' | 'TAKEN' | 'RETURNED'
  /** The payment that is charged or reserved; null if none is. */
  readonly payment: { readonly id: string; readonly isCharged: boolean; readonly isReturned: boolean } | null
  /** Those of the charge that the order does not know. */
  readonly refunds: readonly MadeRefund[]
}

/** An order after what it has caught up with, the events of that, and the refunds among it. */
export type CaughtUp = {
  readonly order: Order
  readonly events: readonly OrderEvent[]
  readonly refunds: readonly Refund[]
}

/**
 * Takes an order, whose database was restored to an earlier moment, through what others know of it since: the changes that were
 * told, under the ids of their events, then what stock and payment show. What the checkout can find out by itself is left to it.
 */
export const catchUp = (start: Order, elsewhere: Elsewhere, now: Date): CaughtUp => {
  let caught: CaughtUp = { order: start, events: [], refunds: [] }
  for (const change of elsewhere.changes) {
    if (change.version <= caught.order.version) continue
    const next = repeat(caught, change, elsewhere)
    // n.b. what comes after a change that can't be repeated would get the version of another one
    if (next === undefined) break
    caught = next
  }
  return findOut(caught, elsewhere, now)
}

/** Why an order is cancelled of which too little is left to send it. */
export const lossReason = 'The shop has lost this order after a failure. What was paid is returned.'

/**
 * Makes an order anew that its own database has lost, from what others have of it. Unless it was sent, it is cancelled, so that the
 * checkout returns its payment and its stock.
 */
export const recoverOrder = (
  { placedAt, ...facts }: PlaceOrder & { readonly placedAt: Date },
  elsewhere: Elsewhere,
  now: Date,
): CaughtUp => {
  const placed = placeOrder(facts, placedAt)
  const { payment } = placed.order
  const known = elsewhere.payment
  const order: Order =
    known === null
      ? placed.order
      : { ...placed.order, payment: { ...payment, state: 'AUTHORIZED', id: known.id } }
  const told = elsewhere.changes.find(({ version }) => version === 1)
  const first = placed.events.map(event => (told === undefined ? event : { ...event, id: told.eventId }))
  const caught = catchUp(order, elsewhere, now)
  const events = [...first, ...caught.events]
  const cancelled = cancelOrder(caught.order, { reason: lossReason, actor: system }, now)
  return cancelled.kind === 'changed'
    ? { ...caught, order: cancelled.order, events: [...events, ...cancelled.events] }
    : { ...caught, events }
}

const repeat = (caught: CaughtUp, change: ToldChange, elsewhere: Elsewhere): CaughtUp | undefined => {
  const next = transitionOf(caught, change, elsewhere)
  if (next?.kind !== 'changed') return undefined
  const [event, ...more] = next.events
  if (event?.kind !== change.kind || event.version !== change.version || more.length > 0) return undefined
  const refunds = event.kind === 'refunded' ? [event.refund] : []
  return {
    order: followed(next.order, elsewhere, change.at).order,
    events: [...caught.events, { ...event, id: change.eventId }],
    refunds: [...caught.refunds, ...refunds],
  }
}

const transitionOf = (
  { order, refunds: known }: CaughtUp,
  change: ToldChange,
  elsewhere: Elsewhere,
): Transition | undefined => {
  const { kind, at, reason, tracking } = change
  switch (kind) {
    case 'placed':
      return undefined
    case 'paymentChanged':
      // n.b. nobody was told what has changed; of an order that is on its way to a payment it does not matter
      return order.status === 'PENDING'
        ? withEvent(order, { kind, change: 'PROCESSING', actor: system }, at)
        : undefined
    case 'confirmed':
      return order.status === 'PENDING' ? followed(order, { ...elsewhere, stock: 'TAKEN' }, at) : undefined
    case 'rejected': {
      if (order.status !== 'PENDING') return undefined
      const refusal = { kind: 'Unavailable', ...(reason !== null && { message: reason }) } as const
      return followed({ ...order, refusal }, elsewhere, at)
    }
    case 'cancelled':
      return cancelOrder(order, { reason, actor: system }, at)
    case 'shipped':
      return shipOrder(order, { tracking: tracking ?? unknownTracking, actor: system }, at)
    case 'delivered':
      return deliverOrder(order, { actor: system }, at)
    case 'refunded': {
      const made = elsewhere.refunds.find(
        ({ id, amountMinor }) =>
          !known.some(refund => refund.id === id) &&
          (change.refundedMinor === null || amountMinor === change.refundedMinor),
      )
      return made && refund(order, made, reason, at)
    }
    default:
      return kind satisfies never
  }
}

const unknownTracking: Tracking = { carrier: null, trackingNumber: 'unknown' }

/** What nobody was told of, and stock and payment show. */
const findOut = (caught: CaughtUp, elsewhere: Elsewhere, now: Date): CaughtUp => {
  const { stock, payment } = elsewhere
  const { order } = caught
  let next: CaughtUp = caught
  const take = (transition: Transition | undefined) => {
    if (transition?.kind !== 'changed') return
    next = { ...next, order: transition.order, events: [...next.events, ...transition.events] }
  }
  if (order.status === 'PENDING' && order.refusal === null) {
    const isPaid = payment?.isCharged === true || order.payment.state === 'NOT_REQUIRED'
    if (stock === 'TAKEN' && isPaid) take(followed(order, elsewhere, now))
    if (stock === 'RETURNED') take(giveUp(order, now))
  } else if (order.status === 'CONFIRMED' && (stock === 'RETURNED' || isReturnedWhole(order, elsewhere))) {
    // n.b. products gives back what was taken only for an order that is called off
    take(cancelOrder(order, { reason: null, actor: system }, now))
    take(followed(next.order, elsewhere, now))
  }
  for (const made of elsewhere.refunds) {
    if (next.refunds.some(({ id }) => id === made.id)) continue
    const before = next
    take(refund(next.order, made, null, now))
    const event = next.events.at(-1)
    if (next !== before && event?.kind === 'refunded')
      next = { ...next, refunds: [...next.refunds, event.refund] }
  }
  return next
}

/** Whether everything was returned at once, which no refund of the order's did. */
const isReturnedWhole = ({ payment: { refundedMinor } }: Order, { payment, refunds }: Elsewhere): boolean =>
  payment?.isReturned === true && refunds.length === 0 && refundedMinor === 0

const refund = (
  order: Order,
  { id, amountMinor }: MadeRefund,
  reason: string | null,
  at: Date,
): Transition | undefined => {
  const { payment, total } = order
  const isOpen = order.status === 'CONFIRMED' || order.status === 'SHIPPED' || order.status === 'DELIVERED'
  if (!isOpen || payment.state !== 'CAPTURED' || amountMinor > total.amountMinor - payment.refundedMinor)
    return
  const pendingRefund: Refund = { id, amountMinor, lines: [], reason, actor: system }
  return applyResult({ ...order, pendingRefund }, { step: 'REFUND', kind: 'refunded' }, at)
}

/** The order after the steps whose results are known. */
const followed = (start: Order, elsewhere: Elsewhere, at: Date): Extract<Transition, { kind: 'changed' }> => {
  let order = start
  let events: readonly OrderEvent[] = []
  for (;;) {
    const result = resultOf(order, elsewhere)
    const next = result && applyResult(order, result, at)
    if (next?.kind !== 'changed') return { kind: 'changed', order, events }
    order = next.order
    events = [...events, ...next.events]
  }
}

const resultOf = (order: Order, { stock, payment }: Elsewhere): StepResult | undefined => {
  const step = nextStep(order)
  const isHeld = stock === 'HELD' || stock === 'TAKEN'
  switch (step) {
    case 'RESERVE_STOCK':
      return isHeld ? { step, kind: 'reserved' } : undefined
    case 'AUTHORIZE_PAYMENT':
    case 'AWAIT_PAYMENT':
      return payment?.isCharged ? { step, kind: 'authorized', paymentId: payment.id } : undefined
    case 'COMMIT_STOCK':
      return stock === 'TAKEN' ? { step, kind: 'committed' } : undefined
    case 'CAPTURE_PAYMENT':
      return payment?.isCharged ? { step, kind: 'captured' } : undefined
    case 'RETURN_PAYMENT':
      if (payment === null) return { step, kind: 'voided', paymentId: order.payment.id }
      return payment.isReturned ? { step, kind: 'refunded', paymentId: payment.id } : undefined
    case 'RETURN_STOCK':
      return isHeld ? undefined : { step, kind: 'returned' }
    case 'REFUND':
    case null:
      return undefined
    default:
      return step satisfies never
  }
}
