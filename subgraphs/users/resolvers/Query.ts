import { decodeCursor, encodeCursor, pageSize, toConnection } from '@supergraph/postgres/keyset.ts'
import { requireScope } from '@supergraph/runtime/identity.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import { parseArguments } from '@supergraph/subgraph/input.ts'
import { z } from 'zod'
import { auditFilter, entryId } from '../domain/audit-filter.ts'
import type { QueryResolvers } from '../generated/resolvers.ts'
import { seesPersonal } from './personal-data-access.ts'

const cursor = z.tuple([z.uuid()])
const entryCursor = z.tuple([entryId])

/** The viewer's own account and, for staff, everyone's. */
export const Query = {
  me: (_parent, _arguments, { viewer, userById }) =>
    viewer.kind === 'user' ? userById.load(viewer.id) : null,

  user: (_parent, { id }, context) =>
    isUuid(id) && seesPersonal(context, id) ? context.userById.load(id) : null,

  users: async (_parent, { first, after }, { viewer, users }) => {
    requireScope(viewer, 'users:read')
    const size = pageSize(first)
    const [afterId] = after === null || after === undefined ? [undefined] : decodeCursor(after, cursor)
    const rows = await users.page(size + 1, afterId)
    return toConnection(rows, size, user => encodeCursor([user.id]))
  },

  accountDeletions: (_parent, _arguments, { viewer, deletions }) => {
    requireScope(viewer, 'users:manage')
    return deletions.underWay()
  },

  auditLog: async (_parent, { first, after, filter }, { viewer, audit }) => {
    requireScope(viewer, 'users:manage')
    const size = pageSize(first)
    const [before] = after === null || after === undefined ? [undefined] : decodeCursor(after, entryCursor)
    const matching = parseArguments(auditFilter, filter ?? {})
    const rows = await audit.page({ limit: size + 1, before, ...matching })
    return toConnection(rows, size, entry => encodeCursor([entry.id]))
  },
} satisfies QueryResolvers
