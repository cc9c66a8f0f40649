import type { ConsumerQueue } from '@supergraph/messaging/consumer.ts'
import { RecipientForgotten } from '@supergraph/schema/events/notifications.ts'
import { CustomerForgotten, OrderStaffActed } from '@supergraph/schema/events/orders.ts'
import { ProductStaffActed } from '@supergraph/schema/events/products.ts'

/** The durable queues of users. */
export const queues = {
  onPersonForgotten: { queue: 'users.on-person-forgotten', events: [CustomerForgotten, RecipientForgotten] },
  onStaffActed: { queue: 'users.on-staff-acted', events: [OrderStaffActed, ProductStaffActed] },
} as const satisfies Readonly<Record<string, ConsumerQueue>>
