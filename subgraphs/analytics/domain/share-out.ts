/** Whole amounts by key. */
export type Amounts = ReadonlyMap<string, number>

/**
 * Shares an amount out in proportion to the limits, in whole units. No share is above its limit; an amount above the sum
 * of the limits is not shared out. The order of the limits does not change the shares.
 */
export const shareOut = (amount: number, limits: Amounts): Amounts => {
  const total = sumOf(limits)
  const shared = Math.min(amount, total)
  if (shared <= 0) return new Map()
  const shares = [...limits].map(([key, limit]) => divide(key, shared, limit, total))
  const missing = shared - shares.reduce((sum, { share }) => sum + share, 0)
  const byRest = shares.toSorted((a, b) => b.rest - a.rest || (a.key < b.key ? -1 : 1))
  return new Map(byRest.map(({ key, share }, index) => [key, index < missing ? share + 1 : share]))
}

export const sumOf = (amounts: Amounts): number => amounts.values().reduce((sum, amount) => sum + amount, 0)

// n.b. a number can't hold the product of two amounts exactly
const divide = (key: string, shared: number, limit: number, total: number) => {
  const product = BigInt(shared) * BigInt(limit)
  return { key, share: Number(product / BigInt(total)), rest: Number(product % BigInt(total)) }
}
