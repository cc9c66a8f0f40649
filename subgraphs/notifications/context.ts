import type { Viewer } from '@supergraph/runtime/identity.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import { createFieldLoader, createListLoader, createLoader } from '@supergraph/subgraph/loaders.ts'
import type { NotificationPage, NotificationStore } from './database/notification-store.ts'
import type { PreferenceStore } from './database/preference-store.ts'
import type { LiveUpdates } from './live/live-updates.ts'

/** What resolvers work with during one request. */
export type Context = {
  readonly viewer: Viewer
  readonly notifications: NotificationStore
  readonly preferences: PreferenceStore
  readonly live: LiveUpdates
  readonly loaders: () => Loaders
  /** Lets the fields that follow a change read anew. */
  readonly forgetLoaded: () => void
}

/** Loads each thing once per request, many at a time. */
export type Loaders = ReturnType<typeof createLoaders>

export const createContext = (
  viewer: Viewer,
  { notifications, preferences, live }: Pick<Context, 'notifications' | 'preferences' | 'live'>,
): Context => {
  let loaders = createLoaders(notifications, preferences)
  return {
    viewer,
    notifications,
    preferences,
    live,
    // n.b. not a getter: Apollo Server copies the context, and with it what a getter gives at that moment
    loaders: () => loaders,
    forgetLoaded: () => {
      loaders = createLoaders(notifications, preferences)
    },
  }
}

const createLoaders = (notifications: NotificationStore, preferences: PreferenceStore) => ({
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
  preferencesOf: createListLoader(
    userIds => preferences.of(userIds),
    row => row.userId,
  ),
})
