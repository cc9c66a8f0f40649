import { type Order, type OrderEvent, type Refund, system, withEvent } from './order.ts'

/** A refund as the payment provider has it. */
export type ProviderRefund = {
  readonly id: string
  /** The id of ours, if we asked for it by one. */
  readonly refundId: string | null
  /** Whether we asked for it at all, and not somebody in the provider's own console. */
  readonly isOurs: boolean
  readonly amountMinor: number
  readonly state: 'PENDING' | 'SUCCEEDED' | 'FAILED'
  readonly failure: string | null
}

/** What a bank can say of a disputed payment. */
export const disputeStatuses = ['NEEDS_RESPONSE', 'UNDER_REVIEW', 'WON', 'LOST', 'CLOSED'] as const

/** A payment that its customer has called back through the bank. */
export type Dispute = {
  readonly id: string
  readonly status: (typeof disputeStatuses)[number]
  readonly amountMinor: number
  /** The provider's word, such as `fraudulent`. */
  readonly reason: string
  readonly openedAt: Date
  /** Until when the shop can answer it. */
  readonly respondBy: Date | null
}

/** The reason of a refund that somebody made in the provider's own console. */
export const madeAtProvider = 'Made at the payment provider.'

/** A refund as the order has it. */
export type KnownRefund = Pick<ProviderRefund, 'amountMinor' | 'state'> & {
  readonly id: string
  readonly providerId: string | null
  /** Whether the shop's own process has made it to give back what must not stay charged. */
  readonly isSystems: boolean
}

/** What the order knows of its refunds and disputes, and the status that it had before it was REFUNDED. */
export type KnownSettlement = {
  readonly refunds: readonly KnownRefund[]
  readonly disputes: readonly Dispute[]
  readonly statusBefore: 'CONFIRMED' | 'SHIPPED' | 'DELIVERED' | null
  /** Whether it is noted that the payment has failed after the goods were sent. */
  readonly hasFailed: boolean
}

/** What the provider says; null of what it was not asked for. */
export type ProviderSettlement = {
  /** Whether the payment is declined or cancelled by now. */
  readonly isLost: boolean | null
  readonly refunds: readonly ProviderRefund[] | null
  readonly disputes: readonly Dispute[] | null
}

/** What an order's refunds and disputes become by what the provider says. */
export type Settled = {
  readonly order: Order
  readonly events: readonly OrderEvent[]
  readonly adopted: readonly { readonly refund: Refund; readonly providerId: string }[]
  readonly failed: readonly (Pick<KnownRefund, 'id' | 'isSystems'> & Pick<ProviderRefund, 'failure'>)[]
  readonly disputes: readonly Dispute[]
}

/**
 * The order after what has happened at the provider by itself: a payment that failed after it had been charged, refunds that somebody made in its console, refunds that failed
 * after they had succeeded, and disputes. The same again changes nothing. `idOf` names a refund of the provider.
 */
export const settle = (
  order: Order,
  known: KnownSettlement,
  { isLost, refunds, disputes }: ProviderSettlement,
  { now, idOf }: { readonly now: Date; readonly idOf: (providerId: string) => string },
): Settled => {
  const start: Settled = { order, events: [], adopted: [], failed: [], disputes: [] }
  let settled = isLost === true ? losePayment(start, known, now) : start
  const twins = findTwins(known.refunds, refunds ?? [])
  for (const found of refunds ?? []) {
    const twin = twins.get(found)
    if (twin === undefined) settled = adopt(settled, found, idOf(found.id), now)
    else if (twin.state === 'SUCCEEDED' && found.state === 'FAILED')
      settled = takeBack(settled, twin, found.failure, known.statusBefore, now)
  }
  for (const dispute of disputes ?? []) {
    const before = known.disputes.find(({ id }) => id === dispute.id)
    if (before?.status !== dispute.status) settled = noteDispute(settled, dispute, before === undefined, now)
  }
  return settled
}

/** The payment was charged and is not any more: what is not sent stays here, and what is sent is for the staff to claim. */
const losePayment = (settled: Settled, { hasFailed }: KnownSettlement, now: Date): Settled => {
  const { order } = settled
  const { status, payment } = order
  if (payment.state !== 'CAPTURED') return settled
  if (status === 'CONFIRMED') {
    const reason = 'The payment has failed after the order was confirmed.'
    // n.b. it is voided, lest the customer should pay for what is called off
    const cancelled: Order = { ...order, status: 'CANCELLED', payment: { ...payment, state: 'AUTHORIZED' } }
    const told = withEvent(cancelled, { kind: 'cancelled', reason, actor: system }, now)
    return { ...settled, order: told.order, events: told.events }
  }
  if (hasFailed || (status !== 'SHIPPED' && status !== 'DELIVERED')) return settled
  const told = withEvent(order, { kind: 'paymentChanged', change: 'PAYMENT_FAILED', actor: system }, now)
  return { ...settled, order: told.order, events: told.events }
}

/** n.b. of refunds that look alike, one may have failed before the order heard of it: those that stand alike are the same. */
const findTwins = (
  known: readonly KnownRefund[],
  refunds: readonly ProviderRefund[],
): ReadonlyMap<ProviderRefund, KnownRefund> => {
  const twins = new Map<ProviderRefund, KnownRefund>()
  const unmatched = new Set(known)
  const match = (stand: (refund: KnownRefund, found: ProviderRefund) => boolean) => {
    for (const found of refunds) {
      if (twins.has(found)) continue
      const twin = unmatched.values().find(refund => isSame(refund, found) && stand(refund, found))
      if (twin === undefined) continue
      twins.set(found, twin)
      unmatched.delete(twin)
    }
  }
  match((refund, found) => refund.state === found.state)
  match(() => true)
  return twins
}

/** n.b. what the shop's own process gives back has no id of ours. */
const isSame = ({ id, providerId, isSystems, amountMinor }: KnownRefund, found: ProviderRefund): boolean => {
  if (providerId !== null) return providerId === found.id
  if (found.refundId !== null) return found.refundId === id
  return found.isOurs && isSystems && found.amountMinor === amountMinor
}

const adopt = (
  settled: Settled,
  { id: providerId, amountMinor: foundMinor, state, isOurs }: ProviderRefund,
  id: string,
  now: Date,
): Settled => {
  const { order } = settled
  const { status, payment, total } = order
  const isOpen = status === 'CONFIRMED' || status === 'SHIPPED' || status === 'DELIVERED'
  // n.b. a refund of ours that the order does not have yet is being written by whoever asked for it
  const isNew = isOpen && payment.state === 'CAPTURED' && state === 'SUCCEEDED' && !isOurs
  const amountMinor = Math.min(foundMinor, total.amountMinor - payment.refundedMinor)
  if (!isNew || amountMinor <= 0) return settled
  const refund: Refund = {
    id,
    amountMinor,
    lines: [],
    reason: madeAtProvider,
    actor: system,
  }
  const refundedMinor = payment.refundedMinor + amountMinor
  const isFull = refundedMinor === total.amountMinor
  const refunded: Order = {
    ...order,
    payment: { ...payment, refundedMinor, state: isFull ? 'REFUNDED' : payment.state },
  }
  const told = withEvent(
    isFull ? { ...refunded, status: 'REFUNDED', refusal: null } : refunded,
    { kind: 'refunded', refund, actor: system },
    now,
  )
  return {
    ...settled,
    order: told.order,
    events: [...settled.events, ...told.events],
    adopted: [...settled.adopted, { refund, providerId }],
  }
}

/** The money of a refund has come back from the customer's bank: it is still the shop's to return. */
const takeBack = (
  settled: Settled,
  { id, amountMinor, isSystems }: KnownRefund,
  failure: string | null,
  statusBefore: KnownSettlement['statusBefore'],
  now: Date,
): Settled => {
  const { order } = settled
  const { payment } = order
  const refundedMinor = Math.max(0, payment.refundedMinor - amountMinor)
  const isCharged = payment.state === 'REFUNDED'
  const charged: Order = {
    ...order,
    payment: { ...payment, refundedMinor, state: isCharged ? 'CAPTURED' : payment.state },
  }
  const isBack = order.status === 'REFUNDED' && statusBefore !== null
  const told = withEvent(
    isBack ? { ...charged, status: statusBefore, refusal: null } : charged,
    { kind: 'paymentChanged', change: 'REFUND_FAILED', refund: { id, amountMinor }, actor: system },
    now,
  )
  return {
    ...settled,
    order: told.order,
    events: [...settled.events, ...told.events],
    failed: [...settled.failed, { id, isSystems, failure }],
  }
}

const closed: readonly Dispute['status'][] = ['WON', 'LOST', 'CLOSED']

const noteDispute = (settled: Settled, dispute: Dispute, isNew: boolean, now: Date): Settled => {
  const isClosed = closed.includes(dispute.status)
  const change = isClosed ? 'DISPUTE_CLOSED' : isNew ? 'DISPUTE_OPENED' : 'DISPUTE_CHANGED'
  const told = withEvent(settled.order, { kind: 'paymentChanged', change, actor: system }, now)
  return {
    ...settled,
    order: told.order,
    events: [...settled.events, ...told.events],
    disputes: [...settled.disputes, dispute],
  }
}
