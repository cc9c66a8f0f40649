import { dateTimeScalar } from '@supergraph/subgraph/scalars.ts'
import type { Resolvers } from '../generated/resolvers.ts'
import { AccountDeletion } from './AccountDeletion.ts'
import { AuditEntry } from './AuditEntry.ts'
import { Mutation } from './Mutation.ts'
import { Query } from './Query.ts'
import { User } from './User.ts'

export const resolvers = {
  DateTime: dateTimeScalar,
  Query,
  Mutation,
  User,
  AuditEntry,
  AccountDeletion,
} satisfies Resolvers
