import { safeIntScalar } from '@supergraph/subgraph/scalars.ts'
import { GraphQLScalarType } from 'graphql'
import { LocalDateResolver } from 'graphql-scalars'
import type { Resolvers } from '../generated/resolvers.ts'
import { Product } from './Product.ts'
import { Query } from './Query.ts'
import { SalesSummary } from './SalesSummary.ts'

/** Every resolver of the subgraph, by type; a `Date` is ISO 8601 text in resolvers too. */
export const resolvers = {
  Date: new GraphQLScalarType({ ...LocalDateResolver.toConfig(), name: 'Date' }),
  SafeInt: safeIntScalar,
  Query,
  Product,
  SalesSummary,
} satisfies Resolvers
