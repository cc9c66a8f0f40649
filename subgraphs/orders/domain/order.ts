/** An amount in the currency's minor unit. */
export type Money = { readonly amountMinor: number; readonly currency: string }

/** A line of an order: the product as it was when it was ordered. */
export type OrderLine = {
  readonly productId: string
  readonly productName: string
  readonly sku: string
  readonly unitPriceMinor: number
  readonly quantity: number
}

/** A line that could not be had in full. */
export type Shortage = {
  readonly productId: string
  readonly requested: number
  readonly available: number
}

/** Why an order was refused; a declined payment's `reason` is the provider's decline code. */
export type Refusal = { readonly message: string } & (
  | { readonly kind: 'OutOfStock'; readonly shortages: readonly Shortage[] }
  | { readonly kind: 'PaymentDeclined'; readonly reason: string }
  /** A service was away: nothing was wrong with the order, and the same request may be made again. */
  | { readonly kind: 'Unavailable' }
)

/** Who changed an order; SYSTEM is the shop's own process. */
export type Actor =
  | { readonly kind: 'CUSTOMER' | 'STAFF'; readonly userId: string }
  | { readonly kind: 'SYSTEM'; readonly userId: null }

export const system = { kind: 'SYSTEM', userId: null } as const satisfies Actor

export type Tracking = { readonly carrier: string | null; readonly trackingNumber: string }

/** What is known of an order's stock. ASKED: a reservation may have been made. REFUSED and RETURNED: none is held, for good. */
export type StockState = 'ASKED' | 'RESERVED' | 'COMMITTED' | 'REFUSED' | 'RETURNED'

/**
 * What is known of an order's payment. ASKED: an authorization may have been made. AUTHORIZED: reserved, not charged.
 * CAPTURED: charged. In every other state nothing is charged, for good; an order of 0 needs no payment: NOT_REQUIRED.
 */
export type PaymentState =
  | 'NOT_REQUIRED'
  | 'NOT_ASKED'
  | 'ASKED'
  | 'AUTHORIZED'
  | 'CAPTURED'
  | 'DECLINED'
  | 'VOIDED'
  | 'REFUNDED'

export type Payment = {
  readonly state: PaymentState
  /** The provider's payment method, such as `pm_card_visa`. */
  readonly method: string
  /** The provider's id of the payment, once it is known. */
  readonly id: string | null
  /** What refunds have returned so far. */
  readonly refundedMinor: number
}

/** What is refunded: whole lines' units, or everything that is left where there are no lines. */
export type Refund = {
  readonly id: string
  readonly amountMinor: number
  readonly lines: readonly { readonly productId: string; readonly quantity: number }[]
  readonly reason: string | null
  readonly actor: Actor
}

type OrderFacts = {
  readonly id: string
  readonly number: string
  readonly customerId: string
  readonly total: Money
  readonly placedAt: Date
  /** Grows by one with each change, from 1. */
  readonly version: number
  readonly stock: StockState
  readonly payment: Payment
  readonly tracking: Tracking | null
  /** A refund that was granted and is not known to have reached the provider. */
  readonly pendingRefund: Refund | null
}

/** An order by its status; a PENDING one with a refusal is on its way back, and becomes REJECTED once nothing is held or charged. */
export type Order = OrderFacts &
  (
    | { readonly status: 'PENDING'; readonly refusal: Refusal | null }
    | { readonly status: 'REJECTED'; readonly refusal: Refusal }
    | {
        readonly status: 'CONFIRMED' | 'CANCELLED' | 'SHIPPED' | 'DELIVERED' | 'REFUNDED'
        readonly refusal: null
      }
  )

export type OrderStatus = Order['status']

/** What happened to an order, and by whom. */
export type OrderChange = { readonly actor: Actor } & (
  | { readonly kind: 'placed' }
  | { readonly kind: 'confirmed' }
  | { readonly kind: 'rejected'; readonly reason: string }
  | { readonly kind: 'cancelled'; readonly reason: string | null }
  | { readonly kind: 'shipped'; readonly tracking: Tracking }
  | { readonly kind: 'delivered' }
  /** In full where the order is REFUNDED since; otherwise its status stays. */
  | { readonly kind: 'refunded'; readonly refund: Refund }
)

/** A change with the status and the version that the order has since. */
export type OrderEvent = OrderChange & {
  readonly status: OrderStatus
  readonly version: number
  readonly at: Date
}

/** A changed order, with what happened to it: nothing where only its checkout got on. */
export type Change = {
  readonly kind: 'changed'
  readonly order: Order
  readonly events: readonly OrderEvent[]
}

/** What a command makes of an order: a changed one, the same, or a refusal. */
export type Transition =
  | Change
  | { readonly kind: 'unchanged'; readonly order: Order }
  | { readonly kind: 'illegal'; readonly from: OrderStatus; readonly to: OrderStatus }

export type PlaceOrder = Pick<OrderFacts, 'id' | 'number' | 'customerId' | 'total'> & {
  readonly paymentMethod: string
}

/** A new order: PENDING, version 1, about to ask for its stock. */
export const placeOrder = (
  { paymentMethod, ...facts }: PlaceOrder,
  now: Date,
): { readonly order: Order; readonly events: readonly OrderEvent[] } => ({
  order: {
    ...facts,
    placedAt: now,
    version: 1,
    status: 'PENDING',
    refusal: null,
    stock: 'ASKED',
    payment: {
      state: facts.total.amountMinor === 0 ? 'NOT_REQUIRED' : 'NOT_ASKED',
      method: paymentMethod,
      id: null,
      refundedMinor: 0,
    },
    tracking: null,
    pendingRefund: null,
  },
  events: [
    {
      kind: 'placed',
      status: 'PENDING',
      version: 1,
      at: now,
      actor: { kind: 'CUSTOMER', userId: facts.customerId },
    },
  ],
})

/** Calls off an order that has not been shipped; again changes nothing. What it holds or has charged is still to be returned. */
export const cancelOrder = (
  order: Order,
  { reason, actor }: { readonly reason: string | null; readonly actor: Actor },
  now: Date,
): Transition => {
  switch (order.status) {
    case 'PENDING':
    case 'CONFIRMED':
      return changed(
        { ...order, status: 'CANCELLED', refusal: null },
        { kind: 'cancelled', reason, actor },
        now,
      )
    case 'CANCELLED':
      return { kind: 'unchanged', order }
    case 'REJECTED':
    case 'SHIPPED':
    case 'DELIVERED':
    case 'REFUNDED':
      return { kind: 'illegal', from: order.status, to: 'CANCELLED' }
    default:
      return order satisfies never
  }
}

/** Sends a CONFIRMED order on its way; again with the same tracking changes nothing. */
export const shipOrder = (
  order: Order,
  { tracking, actor }: { readonly tracking: Tracking; readonly actor: Actor },
  now: Date,
): Transition => {
  const isAgain =
    order.status === 'SHIPPED' &&
    order.tracking?.trackingNumber === tracking.trackingNumber &&
    order.tracking.carrier === tracking.carrier
  if (isAgain) return { kind: 'unchanged', order }
  if (order.status !== 'CONFIRMED') return { kind: 'illegal', from: order.status, to: 'SHIPPED' }
  return changed({ ...order, status: 'SHIPPED', tracking }, { kind: 'shipped', tracking, actor }, now)
}

/** Notes that a SHIPPED order has arrived; again changes nothing. */
export const deliverOrder = (order: Order, { actor }: { readonly actor: Actor }, now: Date): Transition => {
  if (order.status === 'DELIVERED') return { kind: 'unchanged', order }
  if (order.status !== 'SHIPPED') return { kind: 'illegal', from: order.status, to: 'DELIVERED' }
  return changed({ ...order, status: 'DELIVERED' }, { kind: 'delivered', actor }, now)
}

/** The order with its next version, and the event that tells of the change. */
export const changed = (order: Order, change: OrderChange, at: Date): Change => {
  const version = order.version + 1
  return {
    kind: 'changed',
    order: { ...order, version },
    events: [{ ...change, status: order.status, version, at }],
  }
}
