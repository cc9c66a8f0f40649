import { pageSize, toConnection } from '@supergraph/postgres/keyset.ts'
import { isUser } from '@supergraph/runtime/identity.ts'
import type { UserResolvers } from '../generated/resolvers.ts'
import { notificationCursor, numberIn } from './notification-cursor.ts'

export const User = {
  notifications: async ({ id }, { first, after, unreadOnly }, { viewer, loaders }) => {
    if (!isUser(viewer, id)) return null
    const size = pageSize(first)
    const before = typeof after === 'string' ? numberIn(after) : null
    const rows = await loaders().notificationsOf(
      { limit: size + 1, before, unreadOnly: unreadOnly ?? false },
      id,
    )
    return toConnection(rows, size, row => notificationCursor(row.seq))
  },
  unreadNotificationCount: async ({ id }, _, { viewer, loaders }) => {
    if (!isUser(viewer, id)) return null
    return (await loaders().unreadCountOf.load(id))?.unread ?? 0
  },
  notificationPreferences: async ({ id }, _, { viewer, loaders }) =>
    isUser(viewer, id) ? loaders().preferencesOf.load(id) : null,
} satisfies UserResolvers
