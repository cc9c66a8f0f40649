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

/** A product of which less is available than was ordered. */
export type Shortage = {
  readonly productId: string
  readonly requested: number
  readonly available: number
}

/**
 * Why an order is refused; a declined payment's `reason` is the provider's decline code. An order that is read from its
 * row also has the `message` that its customer was told.
 */
export type OrderRefusal = { readonly message?: string | undefined } & (
  | { readonly kind: 'OutOfStock'; readonly shortages: readonly Shortage[] }
  | { readonly kind: 'PaymentDeclined'; readonly reason: string }
  /** A service was away: nothing was wrong with the order, and the same request may be made again. */
  | { readonly kind: 'Unavailable' }
)

/** A customer or a member of staff. */
export type Person = { readonly kind: 'CUSTOMER' | 'STAFF'; readonly userId: string }

/** Who changed an order; SYSTEM is the shop's own process. */
export type Actor = Person | { readonly kind: 'SYSTEM'; readonly userId: null }

export const system = { kind: 'SYSTEM', userId: null } as const satisfies Actor

export type Tracking = { readonly carrier: string | null; readonly trackingNumber: string }

/** What is known of an order's stock. ASKED: a reservation may have been made. REFUSED and RETURNED: nothing is held, and nothing will be. */
export const stockStates = ['ASKED', 'RESERVED', 'COMMITTED', 'REFUSED', 'RETURNED'] as const
type StockState = (typeof stockStates)[number]

/**
 * What is known of an order's payment. ASKED: an authorization may have been made. REQUIRES_ACTION: the customer has to
 * approve it. PROCESSING: the provider has not decided yet. AUTHORIZED: reserved, not charged. CAPTURED: charged.
 * NOT_REQUIRED: the order costs 0. In every other state nothing is charged, and nothing will be.
 */
export const paymentStates = [
  ...(['NOT_REQUIRED', 'NOT_ASKED', 'ASKED', 'REQUIRES_ACTION', 'PROCESSING', 'AUTHORIZED'] as const),
  ...(['CAPTURED', 'DECLINED', 'VOIDED', 'REFUNDED'] as const),
] as const
type PaymentState = (typeof paymentStates)[number]

/** What the customer needs to approve a payment: the secret is for the provider's own program in a browser. */
export type PaymentAction = { readonly clientSecret: string; readonly redirectUrl: string | null }

type Payment = {
  readonly state: PaymentState
  /** The provider's payment method, such as `pm_card_visa`. */
  readonly method: string
  /** The provider's id of the payment, once it is known. */
  readonly id: string | null
  /** What refunds have returned so far. */
  readonly refundedMinor: number
  /** What the customer has to do; null in every state but REQUIRES_ACTION. */
  readonly action: PaymentAction | null
  /** Until when the order waits, or has waited, for its customer or for the provider; null if it never did. */
  readonly waitsUntil: Date | null
}

/** What is refunded: units of lines, or everything that is left if `lines` is empty. */
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
  /** A refund that was granted and whose result is not known yet. */
  readonly pendingRefund: Refund | null
}

/** An order by its status. A PENDING order with a refusal returns what it holds, then becomes REJECTED. */
export type Order = OrderFacts &
  (
    | { readonly status: 'PENDING'; readonly refusal: OrderRefusal | null }
    | { readonly status: 'REJECTED'; readonly refusal: OrderRefusal }
    | {
        readonly status: 'CONFIRMED' | 'CANCELLED' | 'SHIPPED' | 'DELIVERED' | 'REFUNDED'
        readonly refusal: null
      }
  )

export type OrderStatus = Order['status']

/** A change of an order's payment by its customer, the provider or a bank. */
export const paymentChanges = [
  ...(['ACTION_REQUIRED', 'PROCESSING', 'AUTHORIZED', 'PAYMENT_FAILED', 'REFUND_FAILED'] as const),
  ...(['DISPUTE_OPENED', 'DISPUTE_CHANGED', 'DISPUTE_CLOSED'] as const),
] as const
export type PaymentChange = (typeof paymentChanges)[number]

/** What an event tells beside the order's status and version. */
type EventDetails = { readonly actor: Actor } & (
  | { readonly kind: 'placed' }
  /** `refund` is the one that the bank has sent back. */
  | {
      readonly kind: 'paymentChanged'
      readonly change: PaymentChange
      readonly refund?: Pick<Refund, 'id' | 'amountMinor'>
    }
  | { readonly kind: 'confirmed' }
  /** The order itself holds the refusal. */
  | { readonly kind: 'rejected' }
  | { readonly kind: 'cancelled'; readonly reason: string | null }
  | { readonly kind: 'shipped'; readonly tracking: Tracking }
  | { readonly kind: 'delivered' }
  /** The order's status is REFUNDED after a refund in full, and stays after a refund in part. */
  | { readonly kind: 'refunded'; readonly refund: Refund }
)

/** What happened to an order and by whom, with the status and the version that the order has had since. */
export type OrderEvent = EventDetails & {
  readonly status: OrderStatus
  readonly version: number
  readonly at: Date
  /** The id under which it was published before, if the order is recovered. */
  readonly id?: string
}

/** The order after a transition, with its events: none if only the checkout has made progress. */
export type Changed = {
  readonly kind: 'changed'
  readonly order: Order
  readonly events: readonly OrderEvent[]
}

export type IllegalTransition = {
  readonly kind: 'illegal'
  readonly from: OrderStatus
  readonly to: OrderStatus
}

/** What a command makes of an order. */
export type Transition = Changed | { readonly kind: 'unchanged'; readonly order: Order } | IllegalTransition

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
      action: null,
      waitsUntil: null,
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

/** Cancels an order that has not been shipped; a second time changes nothing. The checkout then returns its stock and its payment. */
export const cancelOrder = (
  order: Order,
  { reason, actor }: { readonly reason: string | null; readonly actor: Actor },
  now: Date,
): Transition => {
  switch (order.status) {
    case 'PENDING':
    case 'CONFIRMED':
      return withEvent(
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

/** Marks a CONFIRMED order as shipped; a second time with the same tracking changes nothing. */
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
  return withEvent({ ...order, status: 'SHIPPED', tracking }, { kind: 'shipped', tracking, actor }, now)
}

/** Marks a SHIPPED order as delivered; a second time changes nothing. */
export const deliverOrder = (order: Order, { actor }: { readonly actor: Actor }, now: Date): Transition => {
  if (order.status === 'DELIVERED') return { kind: 'unchanged', order }
  if (order.status !== 'SHIPPED') return { kind: 'illegal', from: order.status, to: 'DELIVERED' }
  return withEvent({ ...order, status: 'DELIVERED' }, { kind: 'delivered', actor }, now)
}

/** The order in its next version, with the event that tells what happened to it. */
export const withEvent = (order: Order, details: EventDetails, at: Date): Changed => {
  const version = order.version + 1
  return {
    kind: 'changed',
    order: { ...order, version },
    events: [{ ...details, status: order.status, version, at }],
  }
}
