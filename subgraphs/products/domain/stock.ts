/** A product as stock knows it: units on the shelf, and how often what can be ordered has changed. */
export type Stock = {
  readonly id: string
  readonly sku: string
  readonly available: number
  readonly version: number
  readonly archivedAt: Date | null
}

/** A number of units of one product. */
export type StockLine = { readonly productId: string; readonly quantity: number }

/** A product after a change, and the units that went on (or, negative, off) its shelf. */
export type StockChange = { readonly after: Stock; readonly delta: number }

/** A line that can't be had in full. */
export type Shortage = {
  readonly productId: string
  readonly requested: number
  readonly available: number
}

export type ReserveDecision =
  | { readonly kind: 'reserved'; readonly changes: readonly StockChange[] }
  | { readonly kind: 'shortage'; readonly items: readonly Shortage[] }

export type AdjustDecision =
  | { readonly kind: 'adjusted'; readonly change: StockChange }
  | { readonly kind: 'insufficient'; readonly available: number }
  | { readonly kind: 'tooMuch'; readonly maxDelta: number }

/** The most units that a shelf can hold: the largest Int of GraphQL and PostgreSQL. */
export const maxUnits = 2_147_483_647

/** The units that can be ordered: none of a product that left the catalogue. */
export const orderableUnits = (stock: Pick<Stock, 'available' | 'archivedAt'>): number =>
  stock.archivedAt === null ? stock.available : 0

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

/** Takes all lines, one per product, from the shelves or none; a product that is not among `stocks` counts as having 0 units. */
export const reserveStock = (stocks: readonly Stock[], lines: readonly StockLine[]): ReserveDecision => {
  const byId = new Map(stocks.map(stock => [stock.id, stock]))
  const items = lines.flatMap(({ productId, quantity }) => {
    const stock = byId.get(productId)
    const available = stock === undefined ? 0 : orderableUnits(stock)
    return available < quantity ? [{ productId, requested: quantity, available }] : []
  })
  if (items.length > 0) return { kind: 'shortage', items }
  return { kind: 'reserved', changes: changesOf(byId, lines, -1) }
}

/** Puts all lines, one per product, back on their shelves, also where the product has left the catalogue. */
export const releaseStock = (stocks: readonly Stock[], lines: readonly StockLine[]): readonly StockChange[] =>
  changesOf(new Map(stocks.map(stock => [stock.id, stock])), lines, 1)

/** Adds to or takes from one shelf. */
export const adjustStock = (stock: Stock, delta: number): AdjustDecision => {
  const available = stock.available + delta
  if (available < 0) return { kind: 'insufficient', available: stock.available }
  if (available > maxUnits) return { kind: 'tooMuch', maxDelta: maxUnits - stock.available }
  return { kind: 'adjusted', change: move(stock, delta) }
}

/** Takes a product out of the catalogue for good: its units stay on the shelf, and none can be ordered. */
export const archiveStock = (stock: Stock, now: Date): StockChange => ({
  after: { ...stock, version: stock.version + 1, archivedAt: now },
  delta: 0,
})

const changesOf = (
  byId: ReadonlyMap<string, Stock>,
  lines: readonly StockLine[],
  sign: 1 | -1,
): readonly StockChange[] =>
  lines.flatMap(({ productId, quantity }) => {
    const stock = byId.get(productId)
    return stock === undefined ? [] : [move(stock, sign * quantity)]
  })

// n.b. a release must not fail: what a full shelf can't hold is left off, and `delta` is what went on
const move = (stock: Stock, delta: number): StockChange => {
  const available = Math.min(stock.available + delta, maxUnits)
  return {
    after: { ...stock, available, version: stock.version + 1 },
    delta: available - stock.available,
  }
}
