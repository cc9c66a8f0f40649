import { dateTimeScalar, safeIntScalar } from '@supergraph/subgraph/scalars.ts'
import type { Resolvers } from '../generated/resolvers.ts'
import { Mutation } from './Mutation.ts'
import { Order } from './Order.ts'
import { OrderPayment } from './OrderPayment.ts'
import { Query } from './Query.ts'
import { User } from './User.ts'

/** Every resolver of the subgraph, by type. */
export const resolvers = {
  DateTime: dateTimeScalar,
  SafeInt: safeIntScalar,
  Query,
  Mutation,
  Order,
  OrderPayment,
  User,
} satisfies Resolvers
