import { dateTimeScalar, safeIntScalar } from '@supergraph/subgraph/scalars.ts'
import type { Resolvers } from '../generated/resolvers.ts'
import { Mutation } from './Mutation.ts'
import { Product } from './Product.ts'
import { Query } from './Query.ts'

/** The resolvers of every field that is not a plain property; `__typename` tells the members of unions apart. */
export const resolvers = {
  DateTime: dateTimeScalar,
  SafeInt: safeIntScalar,
  Query,
  Mutation,
  Product,
} satisfies Resolvers
