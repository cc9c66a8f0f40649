import type { SalesSummaryResolvers } from '../generated/resolvers.ts'
import { countOf } from './count.ts'

/** Reads of the days' figures what is asked for. */
export const SalesSummary = {
  totals: (summary, _arguments, { sales }) => sales.totals(summary),
  days: async (summary, _arguments, { sales }) =>
    (await sales.days(summary)).map(({ day, ...figures }) => ({ date: day, figures })),
  products: async (summary, { first }, { sales }) =>
    (await sales.products(summary, countOf(first, 20))).map(({ productId, name, sku, ...figures }) => ({
      product: { id: productId },
      name,
      sku,
      figures,
    })),
} satisfies SalesSummaryResolvers
