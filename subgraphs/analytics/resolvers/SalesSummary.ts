import { pageSize } from '@supergraph/postgres/keyset.ts'
import type { SalesSummaryResolvers } from '../generated/resolvers.ts'

/** Reads only those figures of the summary's days that are asked for. */
export const SalesSummary = {
  totals: (summary, _arguments, { sales }) => sales.totals(summary),
  days: async (summary, _arguments, { sales }) =>
    (await sales.days(summary)).map(({ day, ...figures }) => ({ date: day, figures })),
  products: async (summary, { first }, { sales }) =>
    (await sales.products(summary, pageSize(first))).map(({ productId, name, sku, ...figures }) => ({
      product: { id: productId },
      name,
      sku,
      figures,
    })),
} satisfies SalesSummaryResolvers
