/** The stock of a product. */
export type Stock = {
  readonly id: string
  readonly sku: string
  /** Units in the warehouse. */
  readonly onHand: number
  /** Units in the warehouse that orders hold. */
  readonly reserved: number
  /** Grows by one with each change of the units that can be ordered. */
  readonly version: number
  readonly archivedAt: Date | null
}

/** A number of units of one product. */
export type StockLine = { readonly productId: string; readonly quantity: number }

/** A product's stock before and after a change. */
export type StockChange = { readonly before: Stock; readonly after: Stock }

/** A line that can't be had in full. */
export type Shortage = {
  readonly productId: string
  readonly requested: number
  readonly available: number
}

type AdjustDecision =
  | { readonly kind: 'adjusted'; readonly change: StockChange }
  | { readonly kind: 'insufficient'; readonly available: number }
  | { readonly kind: 'tooMuch'; readonly maxDelta: number }

/** The most units of one product: the largest Int of GraphQL and PostgreSQL. */
export const maxUnits = 2_147_483_647

/** The units that can be ordered: those that no order holds, and none of an archived product. */
export const orderableUnits = (stock: Pick<Stock, 'onHand' | 'reserved' | 'archivedAt'>): number =>
  stock.archivedAt === null ? freeUnits(stock) : 0

/** One line per product, in the order of the products' ids; quantities of the same product are added up. */
export const addUpLines = (lines: readonly StockLine[]): readonly StockLine[] => {
  const quantities = new Map<string, number>()
  for (const { productId, quantity } of lines) {
    quantities.set(productId, (quantities.get(productId) ?? 0) + quantity)
  }
  return [...quantities]
    .map(([productId, quantity]) => ({ productId, quantity }))
    .toSorted((a, b) => (a.productId < b.productId ? -1 : 1))
}

/** The lines, one per product, that can't be had in full; a product that `stocks` lacks counts as having 0 units. */
export const shortagesOf = (stocks: readonly Stock[], lines: readonly StockLine[]): readonly Shortage[] => {
  const byId = new Map(stocks.map(stock => [stock.id, stock]))
  return lines.flatMap(({ productId, quantity }) => {
    const stock = byId.get(productId)
    const available = stock === undefined ? 0 : orderableUnits(stock)
    return available < quantity ? [{ productId, requested: quantity, available }] : []
  })
}

/** Sets units aside, which must be free. */
export const holdStock = (stocks: readonly Stock[], lines: readonly StockLine[]): readonly StockChange[] =>
  changesOf(stocks, lines, (stock, units) => ({ ...stock, reserved: stock.reserved + units }))

/** Frees units that were set aside. */
export const unholdStock = (stocks: readonly Stock[], lines: readonly StockLine[]): readonly StockChange[] =>
  changesOf(stocks, lines, (stock, units) => ({ ...stock, reserved: stock.reserved - units }))

/** Takes units out of the warehouse that were set aside. */
export const takeHeldStock = (
  stocks: readonly Stock[],
  lines: readonly StockLine[],
): readonly StockChange[] =>
  changesOf(stocks, lines, (stock, units) => ({
    ...stock,
    onHand: stock.onHand - units,
    reserved: stock.reserved - units,
  }))

/** Takes units out of the warehouse, which must be free. */
export const takeFreeStock = (
  stocks: readonly Stock[],
  lines: readonly StockLine[],
): readonly StockChange[] =>
  changesOf(stocks, lines, (stock, units) => ({ ...stock, onHand: stock.onHand - units }))

/** Brings units back into the warehouse, even of an archived product. */
export const putBackStock = (stocks: readonly Stock[], lines: readonly StockLine[]): readonly StockChange[] =>
  // n.b. a return must not fail: units beyond the largest number are left out
  changesOf(stocks, lines, (stock, units) => ({ ...stock, onHand: Math.min(stock.onHand + units, maxUnits) }))

/** Adds units to the warehouse or takes some away, but none that orders hold. */
export const adjustStock = (stock: Stock, delta: number): AdjustDecision => {
  const onHand = stock.onHand + delta
  if (onHand < stock.reserved) return { kind: 'insufficient', available: freeUnits(stock) }
  if (onHand > maxUnits) return { kind: 'tooMuch', maxDelta: maxUnits - stock.onHand }
  return { kind: 'adjusted', change: changeOf(stock, { ...stock, onHand }) }
}

/** The first change of a new product's stock; its version must be 1. */
export const openStock = (stock: Stock): StockChange => ({
  before: { ...stock, onHand: 0, reserved: 0, version: 0 },
  after: stock,
})

/** Archives a product: its units stay in the warehouse, and none can be ordered. */
export const archiveStock = (stock: Stock, now: Date): StockChange =>
  changeOf(stock, { ...stock, archivedAt: now })

const freeUnits = ({ onHand, reserved }: Pick<Stock, 'onHand' | 'reserved'>): number => onHand - reserved

const changesOf = (
  stocks: readonly Stock[],
  lines: readonly StockLine[],
  move: (stock: Stock, units: number) => Stock,
): readonly StockChange[] => {
  const byId = new Map(stocks.map(stock => [stock.id, stock]))
  return lines.flatMap(({ productId, quantity }) => {
    const stock = byId.get(productId)
    return stock === undefined ? [] : [changeOf(stock, move(stock, quantity))]
  })
}

const changeOf = (before: Stock, after: Stock): StockChange => {
  const isFelt = orderableUnits(after) !== orderableUnits(before)
  return { before, after: { ...after, version: before.version + (isFelt ? 1 : 0) } }
}
