import type { OrderFact } from './order-fact.ts'
import { type Amounts, shareOut, sumOf } from './share-out.ts'

/** What was sold and returned; money in the currency's minor unit. */
export type Figures = {
  readonly unitsSold: number
  readonly unitsReturned: number
  readonly soldMinor: number
  readonly returnedMinor: number
}

/** The figures of one product on one UTC day in one currency. */
export type Sales = Figures & { readonly day: string; readonly productId: string; readonly currency: string }

/**
 * What the known facts of an order add to the figures, in whatever order they came. Returns count only if the
 * confirmation is known, and never for more than was sold.
 */
export const salesOf = (facts: readonly OrderFact[]): readonly Sales[] => {
  const sorted = facts.toSorted((a, b) => a.version - b.version)
  return combine(
    sorted.reduce(applyFact, { currency: null, left: new Map(), refunds: new Map(), sales: [] }).sales,
  )
}

/** What must be added to `before` to get `after`, without zeros. Sorted by day, product and currency. */
export const changeOf = (before: readonly Sales[], after: readonly Sales[]): readonly Sales[] =>
  combine([...after, ...before.map(negate)]).toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))

/** What is left of an order's sale of a product. */
type Left = { readonly units: number; readonly minor: number; readonly unitPriceMinor: number }

type OrderSales = {
  /** Null until the order is confirmed. */
  readonly currency: string | null
  readonly left: ReadonlyMap<string, Left>
  /** What each refund has returned; none is to be undone any more once the order is cancelled. */
  readonly refunds: ReadonlyMap<string, Returned>
  readonly sales: readonly Sales[]
}

const nothing: Figures = { unitsSold: 0, unitsReturned: 0, soldMinor: 0, returnedMinor: 0 }

const applyFact = (order: OrderSales, fact: OrderFact): OrderSales => {
  switch (fact.kind) {
    case 'confirmed':
      return order.currency === null ? confirm(fact) : order
    case 'cancelled':
      return { ...takeBack(order, fact.day, order.left), refunds: new Map() }
    case 'refunded': {
      const returned = fact.isFull ? order.left : returnedBy(fact, order.left)
      const refunds = new Map(order.refunds).set(fact.refundId ?? '', returned)
      return { ...takeBack(order, fact.day, returned), refunds }
    }
    case 'refundFailed': {
      const returned = order.refunds.get(fact.refundId) ?? new Map()
      const refunds = new Map(order.refunds)
      refunds.delete(fact.refundId)
      return { ...takeBack(order, fact.day, mapValues(returned, undone)), refunds }
    }
    default:
      return fact satisfies never
  }
}

const confirm = ({ day, currency, lines }: Extract<OrderFact, { kind: 'confirmed' }>): OrderSales => {
  const left = new Map<string, Left>()
  for (const { productId, quantity, unitPriceMinor } of lines) {
    const { units = 0, minor = 0 } = left.get(productId) ?? {}
    left.set(productId, {
      units: units + quantity,
      minor: minor + quantity * unitPriceMinor,
      unitPriceMinor,
    })
  }
  const sales = [...left].map(([productId, { units, minor }]) => {
    const sold = { unitsSold: units, soldMinor: minor }
    return { day, productId, currency, ...nothing, ...sold }
  })
  return { currency, left, refunds: new Map(), sales }
}

type Returned = ReadonlyMap<string, { readonly units: number; readonly minor: number }>

const takeBack = (order: OrderSales, day: string, returned: Returned): OrderSales => {
  const { currency } = order
  if (currency === null) return order
  const left = new Map(order.left)
  for (const [productId, { units, minor }] of returned) {
    const held = left.get(productId)
    if (held !== undefined) {
      left.set(productId, { ...held, units: held.units - units, minor: held.minor - minor })
    }
  }
  const sales = [...returned].map(([productId, { units, minor }]) => {
    const takenBack = { unitsReturned: units, returnedMinor: minor }
    return { day, productId, currency, ...nothing, ...takenBack }
  })
  return { ...order, left, sales: [...order.sales, ...sales] }
}

const undone = ({ units, minor }: { readonly units: number; readonly minor: number }) => ({
  units: 0 - units,
  minor: 0 - minor,
})

/** What a refund returns: the units that it names get its money first, and everything left of the order gets the rest. */
const returnedBy = (
  { amountMinor, items }: Extract<OrderFact, { kind: 'refunded' }>,
  left: ReadonlyMap<string, Left>,
): Returned => {
  const units = mapValues(left, (held, productId) =>
    Math.min(held.units, items.find(item => item.productId === productId)?.quantity ?? 0),
  )
  const worth = mapValues(left, ({ minor, unitPriceMinor }, productId) =>
    Math.min(minor, unitPriceMinor * (units.get(productId) ?? 0)),
  )
  const forUnits = shareOut(amountMinor, worth)
  const rest = mapValues(left, ({ minor }, productId) => minor - (forUnits.get(productId) ?? 0))
  const beyond: Amounts = shareOut(amountMinor - sumOf(forUnits), rest)
  return mapValues(left, (_, productId) => ({
    units: units.get(productId) ?? 0,
    minor: (forUnits.get(productId) ?? 0) + (beyond.get(productId) ?? 0),
  }))
}

const mapValues = <V, W>(map: ReadonlyMap<string, V>, change: (value: V, key: string) => W) =>
  new Map([...map].map(([key, value]) => [key, change(value, key)]))

const keyOf = ({ day, productId, currency }: Sales): string => `${day} ${productId} ${currency}`

const combine = (sales: readonly Sales[]): readonly Sales[] => {
  const sums = new Map<string, Sales>()
  for (const entry of sales) {
    const sum = sums.get(keyOf(entry))
    sums.set(keyOf(entry), sum === undefined ? entry : add(sum, entry))
  }
  return [...sums.values()].filter(isSomething)
}

const add = (a: Sales, b: Sales): Sales => ({
  ...a,
  unitsSold: a.unitsSold + b.unitsSold,
  unitsReturned: a.unitsReturned + b.unitsReturned,
  soldMinor: a.soldMinor + b.soldMinor,
  returnedMinor: a.returnedMinor + b.returnedMinor,
})

const negate = (sales: Sales): Sales => ({
  ...sales,
  unitsSold: -sales.unitsSold,
  unitsReturned: -sales.unitsReturned,
  soldMinor: -sales.soldMinor,
  returnedMinor: -sales.returnedMinor,
})

const isSomething = ({ unitsSold, unitsReturned, soldMinor, returnedMinor }: Figures): boolean =>
  unitsSold !== 0 || unitsReturned !== 0 || soldMinor !== 0 || returnedMinor !== 0
