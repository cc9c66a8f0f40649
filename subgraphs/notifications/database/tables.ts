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

export const orderUpdateRow = z.object({
  orderId: z.string(),
  version: z.int(),
  type: z.string(),
  eventId: z.string(),
  occurredAt: z.date(),
  /** Whether changes before this one may have been pruned. */
  followsPruned: z.boolean(),
})

/** A change of an order, as its event described it. */
export type OrderUpdateRow = Readonly<z.output<typeof orderUpdateRow>>
