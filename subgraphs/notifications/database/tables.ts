import { EntitySchema } from 'typeorm'
import type { NotificationChannel, NotificationKind } from '../generated/resolvers.ts'

/** A message to a user; `seq` counts the user's messages from 1 without a gap. */
export type NotificationRow = {
  readonly id: string
  readonly userId: string
  readonly seq: number
  /** The event that it tells of; one message per event and user. */
  readonly eventId: string
  readonly kind: NotificationKind
  readonly title: string
  readonly body: string
  readonly orderId: string | null
  readonly readAt: Date | null
  readonly createdAt: Date
}

/** A change of an order, as its event told it. */
export type OrderUpdateRow = {
  readonly orderId: string
  readonly version: number
  readonly type: string
  readonly eventId: string
  readonly customerId: string
  readonly occurredAt: Date
  /** Whether changes before it may have been pruned. */
  readonly followsPruned: boolean
}

/** A product's stock after the newest change that is known. */
export type ProductStockRow = {
  readonly productId: string
  readonly available: number
  readonly version: number
  readonly occurredAt: Date
}

/** Whether a user wants to be told in one way. */
export type PreferenceRow = {
  readonly userId: string
  readonly channel: NotificationChannel
  readonly enabled: boolean
}

export const notificationTable = new EntitySchema<NotificationRow>({
  name: 'Notification',
  tableName: 'notifications',
  columns: {
    id: { type: 'uuid', primary: true },
    userId: { name: 'user_id', type: 'uuid' },
    seq: { type: 'integer' },
    eventId: { name: 'event_id', type: 'uuid' },
    kind: { type: 'text' },
    title: { type: 'text' },
    body: { type: 'text' },
    orderId: { name: 'order_id', type: 'uuid', nullable: true },
    readAt: { name: 'read_at', type: 'timestamptz', nullable: true },
    createdAt: { name: 'created_at', type: 'timestamptz' },
  },
})

export const orderUpdateTable = new EntitySchema<OrderUpdateRow>({
  name: 'OrderUpdate',
  tableName: 'order_updates',
  columns: {
    orderId: { name: 'order_id', type: 'uuid', primary: true },
    version: { type: 'integer', primary: true },
    type: { type: 'text' },
    eventId: { name: 'event_id', type: 'uuid' },
    customerId: { name: 'customer_id', type: 'uuid' },
    occurredAt: { name: 'occurred_at', type: 'timestamptz' },
    followsPruned: { name: 'follows_pruned', type: 'boolean' },
  },
})

export const productStockTable = new EntitySchema<ProductStockRow>({
  name: 'ProductStock',
  tableName: 'product_stock',
  columns: {
    productId: { name: 'product_id', type: 'uuid', primary: true },
    available: { type: 'integer' },
    version: { type: 'integer' },
    occurredAt: { name: 'occurred_at', type: 'timestamptz' },
  },
})

export const tables = [notificationTable, orderUpdateTable, productStockTable]
