import { type Elsewhere, isCharged, type ToldChange } from './elsewhere.ts'
import { isNew, type TakenRefund, takeRefund } from './made-refund.ts'
import { applyResult, giveUp, nextStep, type StepResult } from './next-step.ts'
import {
  type Changed,
  cancelOrder,
  type Order,
  type OrderEvent,
  type PlaceOrder,
  placeOrder,
  system,
  type Transition,
} from './order.ts'
import { repeatChange } from './told-change.ts'

/** An order after what it has caught up with, the events of that, and the refunds among it. */
export type CaughtUp = {
  readonly kind: 'caughtUp'
  readonly order: Order
  readonly events: readonly OrderEvent[]
  readonly refunds: readonly TakenRefund[]
}

/** Others were told of a change that can't be repeated: somebody has to look at the order before anything is changed. */
export type Unclear = { readonly kind: 'unclear'; readonly change: ToldChange }

/**
 * Takes an order, whose database was restored to an earlier moment, through what others know of it since: the changes that were
 * told, under the ids of their events, then what stock and payment show. What the checkout can find out by itself is left to it.
 */
export const catchUp = (start: Order, elsewhere: Elsewhere, now: Date): CaughtUp | Unclear => {
  let caught: CaughtUp = { kind: 'caughtUp', order: start, events: [], refunds: [] }
  for (const change of elsewhere.changes) {
    if (change.version <= caught.order.version) continue
    const next = repeat(caught, change, elsewhere)
    // n.b. whoever goes on without it calls off what was sent, or gives its version to another change
    if (next === undefined) return { kind: 'unclear', change }
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
): CaughtUp | Unclear => {
  const placed = placeOrder(facts, placedAt)
  const { payment } = placed.order
  const order: Order =
    payment.state === 'NOT_REQUIRED'
      ? placed.order
      : { ...placed.order, payment: { ...payment, state: 'ASKED', id: elsewhere.payment?.id ?? null } }
  const told = elsewhere.changes.find(({ version }) => version === 1)
  const first = placed.events.map(event => (told === undefined ? event : { ...event, id: told.eventId }))
  const caught = catchUp(order, elsewhere, now)
  if (caught.kind === 'unclear') return caught
  const cancelled = cancelOrder(caught.order, { reason: lossReason, actor: system }, now)
  const last = cancelled.kind === 'changed' ? add(caught, cancelled, elsewhere) : caught
  return { ...last, events: [...first, ...last.events] }
}

const add = (caught: CaughtUp, { order, events }: Changed, { refunds }: Elsewhere): CaughtUp => ({
  ...caught,
  order,
  events: [...caught.events, ...events],
  refunds: [
    ...caught.refunds,
    ...events.flatMap(event => {
      if (event.kind !== 'refunded') return []
      const made = refunds.find(({ id }) => id === event.refund.id)
      return [{ ...event.refund, providerId: made?.providerId ?? null }]
    }),
  ],
})

const repeat = (caught: CaughtUp, change: ToldChange, elsewhere: Elsewhere): CaughtUp | undefined => {
  const next = repeatChange(caught.order, caught.refunds, change, elsewhere)
  if (next?.kind !== 'changed') return undefined
  const [event, ...more] = next.events
  if (event?.kind !== change.kind || event.version !== change.version || more.length > 0) return undefined
  return add(caught, { ...next, events: [{ ...event, id: change.eventId }] }, elsewhere)
}

/** What nobody was told of, and stock and payment show. */
const findOut = (caught: CaughtUp, elsewhere: Elsewhere, now: Date): CaughtUp => {
  const { stock } = elsewhere
  let next = caught
  const take = (transition: Transition | undefined) => {
    if (transition?.kind === 'changed') next = add(next, transition, elsewhere)
  }
  if (caught.order.status === 'PENDING' && caught.order.refusal === null) {
    const isPaid = isCharged(elsewhere) || caught.order.payment.state === 'NOT_REQUIRED'
    // n.b. a checkout that went on would confirm it, since what was returned was charged, too
    if (stock === 'RETURNED' || isReturnedWhole(caught.order, elsewhere)) take(giveUp(caught.order, now))
    else if (stock === 'TAKEN' && isPaid) take(followed(caught.order, elsewhere, now))
  }
  for (const made of elsewhere.refunds)
    if (isNew(next.refunds, made)) take(takeRefund(next.order, made, null, now))
  // n.b. products gives back what was taken only for an order that is called off
  const isOff = stock === 'RETURNED' || isReturnedWhole(next.order, elsewhere)
  if (next.order.status === 'CONFIRMED' && isOff)
    take(cancelOrder(next.order, { reason: null, actor: system }, now))
  if (next.order.status === 'CANCELLED' && next.events.length > 0) take(followed(next.order, elsewhere, now))
  return next
}

/** Whether the rest was returned at once, which no refund of the order's has done, nor anybody in the provider's console. */
const isReturnedWhole = ({ pendingRefund }: Order, { payment, isGivenBack }: Elsewhere): boolean =>
  pendingRefund === null && payment?.standing === 'RETURNED' && isGivenBack

/** The order after the steps whose results are known. */
const followed = (start: Order, elsewhere: Elsewhere, at: Date): Changed => {
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

const resultOf = (order: Order, elsewhere: Elsewhere): StepResult | undefined => {
  const { stock, payment } = elsewhere
  const step = nextStep(order)
  const isHeld = stock === 'HELD' || stock === 'TAKEN'
  switch (step) {
    case 'RESERVE_STOCK':
      return isHeld ? { step, kind: 'reserved' } : undefined
    case 'AUTHORIZE_PAYMENT':
    case 'AWAIT_PAYMENT':
      return payment !== null && isCharged(elsewhere)
        ? { step, kind: 'authorized', paymentId: payment.id }
        : undefined
    case 'COMMIT_STOCK':
      return stock === 'TAKEN' ? { step, kind: 'committed' } : undefined
    case 'CAPTURE_PAYMENT':
      return isCharged(elsewhere) ? { step, kind: 'captured' } : undefined
    case 'RETURN_PAYMENT':
      if (payment?.standing === 'VOIDED') return { step, kind: 'voided', paymentId: payment.id }
      return payment?.standing === 'RETURNED' ? { step, kind: 'refunded', paymentId: payment.id } : undefined
    case 'RETURN_STOCK':
      return isHeld ? undefined : { step, kind: 'returned' }
    case 'REFUND':
    case null:
      return undefined
    default:
      return step satisfies never
  }
}
