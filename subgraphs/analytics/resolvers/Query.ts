import { pageSize } from '@supergraph/postgres/keyset.ts'
import { requireScope } from '@supergraph/runtime/identity.ts'
import { parseArguments } from '@supergraph/subgraph/input.ts'
import { z } from 'zod'
import type { QueryResolvers } from '../generated/resolvers.ts'

const maxDays = 366
const dayMs = 86_400_000

const countDays = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / dayMs + 1

const days = z
  .object({ from: z.string(), to: z.string() })
  .refine(({ from, to }) => countDays(from, to) >= 1, '"from" must not be after "to".')
  .refine(
    ({ from, to }) => countDays(from, to) <= maxDays,
    `From "from" to "to" there may be ${maxDays} days at most: ask for less.`,
  )

/** The best sellers, open to everyone, and the sales figures, for staff. */
export const Query = {
  bestSellers: async (_parent, { first }, { sales }) => {
    const rows = await sales.bestSellers(pageSize(first ?? 10))
    return rows.map(({ productId, ...row }) => ({ ...row, product: { id: productId } }))
  },
  salesSummary: (_parent, given, { viewer }) => {
    requireScope(viewer, 'analytics:read')
    return parseArguments(days, given)
  },
} satisfies QueryResolvers
