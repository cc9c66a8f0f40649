import { LatestNotificationText, NotificationAddedText, WatchOrderText } from './generated/texts.ts'
import type {
  LatestNotificationQuery,
  NotificationAddedSubscription,
  WatchOrderSubscription,
} from './generated/types.ts'
import type { Answer } from './operation.ts'
import type { Cursor } from './position.ts'

/** A change of an order, as `watchOrder` gives it. */
export type OrderUpdate = NonNullable<WatchOrderSubscription['orderUpdated']>

/** A notification, as `watchNotifications` gives it. */
export type NotificationAdded = NonNullable<NotificationAddedSubscription['notificationAdded']>

export type OrderUpdatedData = { readonly orderUpdated: OrderUpdate }
export type NotificationAddedData = { readonly notificationAdded: NotificationAdded }

// n.b. as texts without types: a watch gives no event whose only field is null
export const orderUpdatedDocument: string = WatchOrderText
export const notificationAddedDocument: string = NotificationAddedText

/** How to resume a subscription to `orderUpdated` that selects `version` and has a variable `$afterVersion`. */
export const orderUpdates = {
  cursorVariable: 'afterVersion',
  cursorOf: (data: { readonly orderUpdated?: { readonly version?: number } | null }): Cursor | undefined =>
    data.orderUpdated?.version,
} as const

/**
 * How to resume a subscription to `notificationAdded` that selects `cursor` and has a variable `$after`. It begins after the
 * latest notification of the moment, so that what comes while it is being set up is not missed.
 */
export const notifications = (
  query: (document: typeof LatestNotificationText) => Promise<Answer<LatestNotificationQuery>>,
) =>
  ({
    cursorVariable: 'after',
    cursorOf: (data: {
      readonly notificationAdded?: { readonly cursor?: string } | null
    }): Cursor | undefined => data.notificationAdded?.cursor,
    readCursor: async (): Promise<Cursor | undefined> => {
      const { data } = await query(LatestNotificationText)
      return data.me?.notifications?.edges[0]?.cursor
    },
  }) as const
