import { decodeCursor, encodeCursor, pageSize, toConnection } from '@supergraph/postgres/keyset.ts'
import { isUser } from '@supergraph/runtime/identity.ts'
import { z } from 'zod'
import type { UserResolvers } from '../generated/resolvers.ts'

const cursor = z.tuple([z.int32()])

export const User = {
  notifications: async ({ id }, { first, after, unreadOnly }, { viewer, loaders }) => {
    if (!isUser(viewer, id)) return null
    const size = pageSize(first)
    const [before] = typeof after === 'string' ? decodeCursor(after, cursor) : [null]
    const rows = await loaders().notificationsOf(
      { limit: size + 1, before, unreadOnly: unreadOnly ?? false },
      id,
    )
    return toConnection(rows, size, row => encodeCursor([row.seq]))
  },
  unreadNotificationCount: async ({ id }, _, { viewer, loaders }) => {
    if (!isUser(viewer, id)) return null
    return (await loaders().unreadCountOf.load(id))?.unread ?? 0
  },
} satisfies UserResolvers
