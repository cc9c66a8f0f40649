import type { Viewer } from '@supergraph/runtime/identity.ts'
import { createFieldLoader, createLoader } from '@supergraph/runtime/loaders.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import type { NotificationPage, NotificationStore } from './database/notification-store.ts'
import type { LiveUpdates } from './live/live-updates.ts'

/** What resolvers work with during one request. */
export type Context = {
  readonly viewer: Viewer
  readonly notifications: NotificationStore
  readonly live: LiveUpdates
  readonly loaders: () => Loaders
  /** Lets the fields that follow a change read anew. */
  readonly forgetLoaded: () => void
}

/** Loads each thing once per request, many at a time. */
export type Loaders = ReturnType<typeof createLoaders>

export const createContext = (
  viewer: Viewer,
  { notifications, live }: Pick<Context, 'notifications' | 'live'>,
): Context => {
  let loaders = createLoaders(notifications)
  return {
    viewer,
    notifications,
    live,
    // n.b. not a getter: Apollo Server copies the context, and with it what a getter gives at that moment
    loaders: () => loaders,
    forgetLoaded: () => {
      loaders = createLoaders(notifications)
    },
  }
}

const createLoaders = (notifications: NotificationStore) => ({
  notification: createLoader(
    ids => notifications.byIds(ids.filter(isUuid)),
    row => row.id,
  ),
  notificationsOf: createFieldLoader(
    (page: NotificationPage, userIds) => notifications.pages(page, userIds),
    row => row.userId,
  ),
  unreadCountOf: createLoader(
    userIds => notifications.unreadCounts(userIds),
    count => count.userId,
  ),
})
