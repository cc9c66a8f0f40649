import type { OrderRecords } from './order-records.ts'
import { isAtRest, isFulfilled } from './order-rules.ts'
import { chargeOf, returnedOf } from './payment-rules.ts'
import { type Violation, violation } from './violations.ts'

/** What was checked. The sums are of settled orders, as each side has them; money is in minor units, by currency. */
export type Totals = {
  readonly orders: number
  /** Those that had a step or a refund under way. */
  readonly ordersInFlight: number
  readonly products: number
  readonly events: number
  readonly notifications: number
  /** Units that were taken from stock. */
  readonly units: Sides<number>
  /** Money that was charged and not returned. */
  readonly money: Readonly<Record<string, Sides<bigint>>>
}

/** A sum as orders has it, and as the service has it that does the work. */
export type Sides<T> = { readonly orders: T; readonly service: T }

export const nothing: Totals = {
  orders: 0,
  ordersInFlight: 0,
  products: 0,
  events: 0,
  notifications: 0,
  units: { orders: 0, service: 0 },
  money: {},
}

/** What an order adds to the totals. */
export const totalsOfOrder = (records: OrderRecords): Partial<Totals> => {
  const { order } = records
  if (order !== null && !isAtRest(order)) return { orders: 1, ordersInFlight: 1 }
  return {
    orders: order === null ? 0 : 1,
    units: {
      orders: order !== null && isFulfilled(order) ? sumOf(order.items) : 0,
      service: records.reservation.state === 'COMMITTED' ? sumOf(records.reservation.lines) : 0,
    },
    money: addMoney(keptByOrder(records), keptByProvider(records)),
  }
}

export const addTotals = (a: Totals, b: Partial<Totals>): Totals => ({
  orders: a.orders + (b.orders ?? 0),
  ordersInFlight: a.ordersInFlight + (b.ordersInFlight ?? 0),
  products: a.products + (b.products ?? 0),
  events: a.events + (b.events ?? 0),
  notifications: a.notifications + (b.notifications ?? 0),
  units:
    b.units === undefined
      ? a.units
      : { orders: a.units.orders + b.units.orders, service: a.units.service + b.units.service },
  money: b.money === undefined ? a.money : addMoney(a.money, b.money),
})

/** Both sides of every sum are equal. */
export const checkSums = ({ units, money }: Totals): readonly Violation[] =>
  [['units', units] as const, ...Object.entries(money)]
    .filter(([, { orders, service }]) => orders !== service)
    .map(([subject, { orders, service }]) => {
      const other = subject === 'units' ? 'products' : 'the payment provider'
      return violation('sums-disagree', subject, `orders adds up to ${orders}, ${other} to ${service}`)
    })

const sumOf = (lines: readonly { readonly quantity: number }[]) =>
  lines.reduce((sum, { quantity }) => sum + quantity, 0)

const keptByOrder = ({ order }: OrderRecords): Totals['money'] =>
  order !== null && (order.paymentState === 'CAPTURED' || order.paymentState === 'REFUNDED')
    ? { [order.currency]: { orders: BigInt(order.totalMinor - order.refundedMinor), service: 0n } }
    : {}

const keptByProvider = (records: OrderRecords): Totals['money'] => {
  const charge = chargeOf(records)
  if (charge === undefined) return {}
  const keptMinor = BigInt(charge.receivedMinor - returnedOf(records.order, charge))
  return { [charge.currency.toUpperCase()]: { orders: 0n, service: keptMinor } }
}

const addMoney = (a: Totals['money'], b: Totals['money']): Totals['money'] => {
  const sums = { ...a }
  for (const [currency, sides] of Object.entries(b)) {
    const known = sums[currency]
    sums[currency] =
      known === undefined
        ? sides
        : { orders: known.orders + sides.orders, service: known.service + sides.service }
  }
  return sums
}
