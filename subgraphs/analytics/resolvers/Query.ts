import { badUserInput } from '@supergraph/runtime/errors.ts'
import { requireScope } from '@supergraph/runtime/identity.ts'
import type { Days } from '../database/sales-reads.ts'
import type { QueryResolvers } from '../generated/resolvers.ts'
import { countOf } from './count.ts'

const maxDays = 366
const dayMs = 86_400_000

/** What sells, open to everyone, and the figures behind it, for staff. */
export const Query = {
  bestSellers: async (_parent, { first }, { sales }) => {
    const rows = await sales.bestSellers(countOf(first, 10))
    return rows.map(({ productId, ...row }) => ({ ...row, product: { id: productId } }))
  },
  salesSummary: (_parent, { from, to }, { viewer }) => {
    requireScope(viewer, 'analytics:read')
    return checkDays({ from, to })
  },
} satisfies QueryResolvers

const checkDays = (days: Days): Days => {
  const count = (Date.parse(days.to) - Date.parse(days.from)) / dayMs + 1
  if (count < 1) throw badUserInput('"from" must not be after "to".')
  if (count > maxDays) {
    throw badUserInput(`From "from" to "to" there may be ${maxDays} days at most: ask for less.`)
  }
  return days
}
