import type { ConsumerQueue } from '@supergraph/messaging/consumer.ts'
import {
  OrderCancelled,
  OrderConfirmed,
  OrderDelivered,
  OrderPlaced,
  OrderRefunded,
  OrderRejected,
  OrderShipped,
} from '@supergraph/schema/events/orders.ts'
import { ProductStockChanged } from '@supergraph/schema/events/products.ts'
import { UserPasswordResetRequested, UserRegistered, UserUpdated } from '@supergraph/schema/events/users.ts'

/** The durable queues of notifications. */
export const queues = {
  onOrderChanged: {
    // n.b. one queue for all of them: events in different queues overtake one another
    queue: 'notifications.on-order-changed',
    events: [
      OrderPlaced,
      OrderConfirmed,
      OrderRejected,
      OrderCancelled,
      OrderShipped,
      OrderDelivered,
      OrderRefunded,
    ],
  },
  onProductStockChanged: {
    queue: 'notifications.on-product-stock-changed',
    events: [ProductStockChanged],
  },
  onUserPasswordResetRequested: {
    queue: 'notifications.on-user-password-reset-requested',
    events: [UserPasswordResetRequested],
  },
  onUserRegistered: { queue: 'notifications.on-user-registered', events: [UserRegistered] },
  onUserUpdated: { queue: 'notifications.on-user-updated', events: [UserUpdated] },
} as const satisfies Readonly<Record<string, ConsumerQueue>>
