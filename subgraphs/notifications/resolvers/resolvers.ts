import { dateTimeScalar } from '@supergraph/subgraph/scalars.ts'
import type { Resolvers } from '../generated/resolvers.ts'
import { Mutation } from './Mutation.ts'
import { Notification } from './Notification.ts'
import { Subscription } from './Subscription.ts'
import { User } from './User.ts'

/** Every resolver of the subgraph, by type. */
export const resolvers = {
  DateTime: dateTimeScalar,
  Mutation,
  Notification,
  Subscription,
  User,
} satisfies Resolvers
