/** How many products and orders a shop has after a year. */
export type Sizes = { readonly products: number; readonly orders: number }

/** An order of the year; `number` counts from 0, the oldest. */
export type PastOrder = {
  readonly number: number
  readonly id: string
  readonly customer: number
  readonly atMs: number
  readonly status: (typeof statuses)[number]
  readonly lines: readonly { readonly productId: string; readonly quantity: number }[]
}

export type History = ReturnType<typeof createHistory>

export const dayMs = 86_400_000
const yearMs = 365 * dayMs

/** What most of a shop's orders have become; n.b. the first is the commonest by far, as it is in a shop after a year. */
const statuses = [
  'DELIVERED',
  'REJECTED',
  'CANCELLED',
  'REFUNDED',
  'SHIPPED',
  'CONFIRMED',
  'PENDING',
] as const

/** The states that an order has passed, in the order of its versions. */
export const pathOf = ({ status }: PastOrder): readonly string[] => {
  switch (status) {
    case 'PENDING':
      return ['PENDING']
    case 'REJECTED':
      return ['PENDING', 'REJECTED']
    case 'CONFIRMED':
    case 'CANCELLED':
    case 'REFUNDED':
      return ['PENDING', 'CONFIRMED', ...(status === 'CONFIRMED' ? [] : [status])]
    case 'SHIPPED':
      return ['PENDING', 'CONFIRMED', 'SHIPPED']
    case 'DELIVERED':
      return ['PENDING', 'CONFIRMED', 'SHIPPED', 'DELIVERED']
    default:
      return status satisfies never
  }
}

/** n.b. however large a shop is, few orders are under way at a time */
const underWay = 20
const ordersPerCustomer = 25
/** The customer number 0 has a hundredth of the orders, of a small shop five pages. */
const favouriteCustomersShare = 100
const favouriteCustomersLeast = 100
/** The product number 0 is in a tenth of the orders. */
const favouriteProductsShare = 10

/** A UUIDv7-shaped id that is always the same for a kind and a number, dated `atMs`. */
export const idOf = (kind: Kind, number: number, atMs: number): string => {
  const [time, digits] = [hex(atMs, 12), hex(number, 12)]
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(kinds.indexOf(kind), 3)}-8000-${digits}`
}

const kinds = ['user', 'order', 'event', 'session', 'movement', 'notification', 'email', 'refund'] as const
type Kind = (typeof kinds)[number]

const hex = (value: number, length: number): string => value.toString(16).padStart(length, '0')

/** The orders of the year that ends at `endMs`, the same in each run but for their products' ids, which are given. */
export const createHistory = ({ orders }: Sizes, productIds: readonly string[], endMs: number) => {
  const customers = Math.max(Math.ceil(orders / ordersPerCustomer), 50)
  const favouriteEvery = Math.max(
    Math.min(favouriteCustomersShare, Math.floor(orders / favouriteCustomersLeast)),
    1,
  )
  const millisecondsApart = yearMs / orders
  const beganMs = endMs - yearMs
  const atMsOf = (number: number) => Math.floor(endMs - (orders - number) * millisecondsApart)
  const customerId = (customer: number) => idOf('user', customer, beganMs - (customers - customer) * 1_000)
  const productAt = (place: number) => productIds[place % productIds.length] ?? ''
  const favouriteProduct = productAt(0)

  const statusOf = (number: number): PastOrder['status'] => {
    if (number >= orders - underWay) return 'PENDING'
    const lot = ((number * 2_654_435_761) % 4_294_967_296) % 100
    return lot < 85 ? 'DELIVERED' : (statuses[1 + Math.floor((lot - 85) / 3)] ?? 'DELIVERED')
  }
  const orderAt = (number: number): PastOrder => {
    const place = number * 31 + 1
    const first = number % favouriteProductsShare === 1 ? favouriteProduct : productAt(place)
    const second = productAt(place + 1) === first ? productAt(place + 2) : productAt(place + 1)
    const lines = [
      { productId: first, quantity: 1 },
      ...(number % 2 === 0 ? [{ productId: second, quantity: 2 }] : []),
    ]
    const atMs = atMsOf(number)
    return {
      number,
      id: idOf('order', number, atMs),
      customer: number % favouriteEvery === 0 ? 0 : 1 + ((number * 7_919) % (customers - 1)),
      atMs,
      status: statusOf(number),
      lines,
    }
  }
  return {
    endMs,
    beganMs,
    customers,
    customerId,
    /** Each order of so many is of the customer number 0. */
    favouriteEvery,
    orderAt,
    orderCount: orders,
    productIds,
    favouriteProduct,
    /** The orders of the last days, or of the whole year, the oldest first. */
    *orders(lastDays = 366): Generator<PastOrder> {
      const first = Math.max(0, orders - Math.ceil((lastDays * dayMs) / millisecondsApart))
      for (let number = first; number < orders; number += 1) yield orderAt(number)
    },
  }
}
