import { decodeCursor, encodeCursor, pageSize, toConnection } from '@supergraph/postgres/keyset.ts'
import { requireScope } from '@supergraph/runtime/identity.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import { z } from 'zod'
import { seesPersonal } from '../access.ts'
import type { QueryResolvers } from '../generated/resolvers.ts'

const cursor = z.tuple([z.uuid()])

export const Query: QueryResolvers = {
  me: (_, __, { viewer, userById }) => (viewer.kind === 'user' ? userById.load(viewer.id) : null),

  user: (_, { id }, context) => (isUuid(id) && seesPersonal(context, id) ? context.userById.load(id) : null),

  users: async (_, { first, after }, { viewer, users }) => {
    requireScope(viewer, 'users:read')
    const size = pageSize(first)
    const [afterId] = after === null || after === undefined ? [undefined] : decodeCursor(after, cursor)
    const rows = await users.page(size + 1, afterId)
    return toConnection(rows, size, user => encodeCursor([user.id]))
  },
}
