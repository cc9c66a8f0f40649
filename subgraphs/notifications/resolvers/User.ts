import { pageSize, toConnection } from '@supergraph/postgres/keyset.ts'
import { isUser } from '@supergraph/runtime/identity.ts'
import type { UserResolvers } from '../generated/resolvers.ts'
import { notificationCursor, numberIn } from './notification-cursor.ts'

export const User = {
  notifications: async ({ id }, { first, after, unreadOnly }, { viewer, notificationsOf }) => {
    if (!isUser(viewer, id)) return null
    const size = pageSize(first)
    const before = typeof after === 'string' ? numberIn(after) : null
    const page = { limit: size + 1, before, unreadOnly: unreadOnly ?? false }
    return toConnection(await notificationsOf.load(page, id), size, row => notificationCursor(row.seq))
  },
  unreadNotificationCount: async ({ id }, _arguments, { viewer, unreadCountOf }) =>
    isUser(viewer, id) ? ((await unreadCountOf.load(id))?.unread ?? 0) : null,
  notificationPreferences: async ({ id }, _arguments, { viewer, preferencesOf }) =>
    isUser(viewer, id) ? preferencesOf.load(id) : null,
} satisfies UserResolvers
