import type { ConsumerQueue } from '@supergraph/messaging/consumer.ts'
import { UserDeleted } from '@supergraph/schema/events/users.ts'

/** The durable queues of orders. */
export const queues = {
  onUserDeleted: { queue: 'orders.on-user-deleted', events: [UserDeleted] },
} as const satisfies Readonly<Record<string, ConsumerQueue>>
