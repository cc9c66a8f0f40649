import { isUuid } from '@supergraph/runtime/uuid.ts'
import { createFieldLoader, createListLoader, createLoader } from '@supergraph/subgraph/loaders.ts'
import type { Caller } from '@supergraph/subgraph/serve.ts'
import type { NotificationStore } from './database/notification-store.ts'
import type { PreferenceStore } from './database/preference-store.ts'
import type { LiveUpdates } from './live/live-updates.ts'

/** What the resolvers of one request work with. */
export type Context = ReturnType<typeof createContext>

/** What all requests share. */
export type Services = {
  readonly notifications: NotificationStore
  readonly preferences: PreferenceStore
  readonly live: LiveUpdates
}

export const createContext = ({ viewer }: Caller, services: Services) => {
  const { notifications, preferences } = services
  const loaders = {
    notificationById: createLoader(
      ids => notifications.byIds(ids.filter(isUuid)),
      ({ id }) => id,
    ),
    notificationsOf: createFieldLoader(notifications.pages, ({ userId }) => userId),
    unreadCountOf: createLoader(notifications.unreadCounts, ({ userId }) => userId),
    preferencesOf: createListLoader(preferences.of, ({ userId }) => userId),
  }
  return {
    ...services,
    ...loaders,
    viewer,
    /** Makes the fields that are resolved after a write read again. */
    forget: () => {
      for (const loader of Object.values(loaders)) loader.clearAll()
    },
  }
}
