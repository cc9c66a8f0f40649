import { dateScalar, safeIntScalar } from '@supergraph/subgraph/scalars.ts'
import type { Resolvers } from '../generated/resolvers.ts'
import { Product } from './Product.ts'
import { Query } from './Query.ts'
import { SalesSummary } from './SalesSummary.ts'

/** Every resolver of the subgraph, by type. */
export const resolvers = {
  Date: dateScalar,
  SafeInt: safeIntScalar,
  Query,
  Product,
  SalesSummary,
} satisfies Resolvers
