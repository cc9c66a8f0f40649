import { EntitySchema } from 'typeorm'
import { z } from 'zod'
import { notificationKinds } from '../domain/notification.ts'

export const notificationRow = z.object({
  id: z.string(),
  userId: z.string(),
  seq: z.int(),
  /** The event that the message is about; a user gets one message per event. */
  eventId: z.string(),
  kind: z.enum(notificationKinds),
  title: z.string(),
  body: z.string(),
  orderId: z.string().nullable(),
  readAt: z.date().nullable(),
  createdAt: z.date(),
})

/** A message to a user; `seq` counts the user's messages from 1 without a gap. */
export type NotificationRow = Readonly<z.output<typeof notificationRow>>

/** A change of an order, as its event described it. */
export type OrderUpdateRow = {
  readonly orderId: string
  readonly version: number
  readonly type: string
  readonly eventId: string
  readonly customerId: string
  readonly occurredAt: Date
  /** Whether changes before this one may have been pruned. */
  readonly followsPruned: boolean
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

export const tables = [notificationTable, orderUpdateTable]
