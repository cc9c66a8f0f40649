/** Whole amounts by key. */
export type Amounts = ReadonlyMap<string, number>

/**
 * Shares an amount out in proportion to the limits, whole and to the last unit, nobody more than their limit; what is
 * over all limits together stays. The same shares whatever the order of the limits.
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

// n.b. the product of two amounts is more than a number holds exactly
const divide = (key: string, shared: number, limit: number, total: number) => {
  const product = BigInt(shared) * BigInt(limit)
  return { key, share: Number(product / BigInt(total)), rest: Number(product % BigInt(total)) }
}
