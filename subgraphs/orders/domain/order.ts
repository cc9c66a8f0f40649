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

/** Why an order was refused. */
export type Refusal = {
  readonly kind: 'OutOfStock'
  readonly message: string
  readonly shortages: readonly Shortage[]
}

type OrderFacts = {
  readonly id: string
  readonly number: string
  readonly customerId: string
  readonly total: Money
  readonly placedAt: Date
  /** Grows by one with each change, from 1. */
  readonly version: number
}

/** An order by its status; only a refused one knows why. */
export type Order = OrderFacts &
  (
    | { readonly status: 'PENDING' | 'CONFIRMED' | 'CANCELLED' | 'SHIPPED' | 'DELIVERED' | 'REFUNDED' }
    | { readonly status: 'REJECTED'; readonly refusal: Refusal }
  )

export type OrderStatus = Order['status']

/** What happened to an order; `version` is the one it has since. */
export type OrderEvent = { readonly version: number; readonly at: Date } & (
  | { readonly status: 'PENDING'; readonly lines: readonly OrderLine[] }
  | { readonly status: 'CONFIRMED' }
  | { readonly status: 'REJECTED'; readonly reason: string }
  | { readonly status: 'CANCELLED'; readonly reason: string | null }
)

/** What a command makes of an order: a changed one, the same, or a refusal. */
export type Transition =
  | { readonly kind: 'changed'; readonly order: Order; readonly events: readonly OrderEvent[] }
  | { readonly kind: 'unchanged'; readonly order: Order }
  | { readonly kind: 'illegal'; readonly from: OrderStatus; readonly to: OrderStatus }

export type PlaceOrder = {
  readonly id: string
  readonly number: string
  readonly customerId: string
  readonly lines: readonly OrderLine[]
  readonly total: Money
}

/** A new order: PENDING, version 1. */
export const placeOrder = (
  { lines, ...facts }: PlaceOrder,
  now: Date,
): { readonly order: Order; readonly events: readonly OrderEvent[] } => ({
  order: { ...facts, placedAt: now, version: 1, status: 'PENDING' },
  events: [{ status: 'PENDING', version: 1, at: now, lines }],
})

/** Confirms a PENDING order once every line is reserved. */
export const confirmOrder = (order: Order, now: Date): Transition => {
  if (order.status !== 'PENDING') return { kind: 'illegal', from: order.status, to: 'CONFIRMED' }
  const version = order.version + 1
  return {
    kind: 'changed',
    order: { ...order, version, status: 'CONFIRMED' },
    events: [{ status: 'CONFIRMED', version, at: now }],
  }
}

/** Refuses a PENDING order. */
export const rejectOrder = (order: Order, refusal: Refusal, now: Date): Transition => {
  if (order.status !== 'PENDING') return { kind: 'illegal', from: order.status, to: 'REJECTED' }
  const version = order.version + 1
  return {
    kind: 'changed',
    order: { ...order, version, status: 'REJECTED', refusal },
    events: [{ status: 'REJECTED', version, at: now, reason: refusal.message }],
  }
}

/** The refusal of an order because of lines that can't be had in full. */
export const outOfStock = (shortages: readonly Shortage[]): Refusal => ({
  kind: 'OutOfStock',
  message: 'Not everything is in stock in the quantity that was ordered.',
  shortages,
})

/** Calls off an order that has not been shipped; again changes nothing. */
export const cancelOrder = (
  order: Order,
  { reason }: { readonly reason: string | null },
  now: Date,
): Transition => {
  switch (order.status) {
    case 'PENDING':
    case 'CONFIRMED': {
      const version = order.version + 1
      return {
        kind: 'changed',
        order: { ...order, version, status: 'CANCELLED' },
        events: [{ status: 'CANCELLED', version, at: now, reason }],
      }
    }
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
