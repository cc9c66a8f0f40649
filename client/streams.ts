import type { NotificationKind, OrderStatus } from './generated/types.ts'
import type { Answer, AnyVariables, OperationDocument } from './operation.ts'
import type { Cursor } from './position.ts'
import type { DateTime } from './scalars.ts'

/** A change of an order, as `watchOrder` gives it. */
export type OrderUpdate = {
  /** The event behind it, for instance `order.confirmed`. */
  readonly type: string
  readonly version: number
  readonly occurredAt: DateTime
  readonly eventId: string
  readonly order: {
    readonly id: string
    readonly number: string
    readonly status: OrderStatus
    readonly total: { readonly amountMinor: number; readonly currency: string }
    readonly timeline: readonly {
      readonly status: OrderStatus
      readonly at: DateTime
      readonly reason: string | null
    }[]
  }
}

/** A notification, as `watchNotifications` gives it. */
export type NotificationAdded = {
  readonly cursor: string
  readonly notification: {
    readonly id: string
    readonly kind: NotificationKind
    readonly title: string
    readonly body: string
    readonly createdAt: DateTime
    readonly order: { readonly id: string; readonly number: string; readonly status: OrderStatus } | null
  }
}

export type OrderUpdatedData = { readonly orderUpdated: OrderUpdate }
export type NotificationAddedData = { readonly notificationAdded: NotificationAdded }

export const orderUpdatedDocument = `subscription OrderUpdated($orderId: ID!, $afterVersion: Int) {
  orderUpdated(orderId: $orderId, afterVersion: $afterVersion) {
    type version occurredAt eventId
    order { id number status total { amountMinor currency } timeline { status at reason } }
  }
}`

export const notificationAddedDocument = `subscription NotificationAdded($after: String) {
  notificationAdded(after: $after) {
    cursor
    notification { id kind title body createdAt order { id number status } }
  }
}`

const latestNotificationDocument = '{ me { notifications(first: 1) { edges { cursor } } } }'

type LatestNotificationData = {
  readonly me: {
    readonly notifications: { readonly edges: readonly { readonly cursor: string }[] } | null
  } | null
}

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
  query: (
    document: OperationDocument<LatestNotificationData, AnyVariables>,
  ) => Promise<Answer<LatestNotificationData>>,
) =>
  ({
    cursorVariable: 'after',
    cursorOf: (data: {
      readonly notificationAdded?: { readonly cursor?: string } | null
    }): Cursor | undefined => data.notificationAdded?.cursor,
    readCursor: async (): Promise<Cursor | undefined> => {
      const { data } = await query(latestNotificationDocument)
      return data.me?.notifications?.edges[0]?.cursor
    },
  }) as const
