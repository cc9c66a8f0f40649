import { dateTimeScalar } from '@supergraph/subgraph/scalars.ts'
import type { Resolvers } from '../generated/resolvers.ts'
import { Mutation } from './Mutation.ts'
import { Product } from './Product.ts'
import { Query } from './Query.ts'

/** Everything that `schema.graphql` needs besides plain fields; unions are told apart by `__typename`. */
export const resolvers = { DateTime: dateTimeScalar, Query, Mutation, Product } satisfies Resolvers
