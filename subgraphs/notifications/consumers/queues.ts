import type { ConsumerQueue } from '@supergraph/messaging/consumer.ts'
import {
  OrderCancelled,
  OrderConfirmed,
  OrderDelivered,
  OrderPaymentChanged,
  OrderPlaced,
  OrderRefunded,
  OrderRejected,
  OrderShipped,
} from '@supergraph/schema/events/orders.ts'
import { ProductStockChanged } from '@supergraph/schema/events/products.ts'
import {
  UserDeleted,
  UserDeletionCancelled,
  UserDeletionRequested,
  UserLinkCreated,
  UserLinkCreatedV2,
  UserPasswordResetRequested,
  UserRegistered,
  UserRegisteredV2,
  UserTotpChanged,
  UserUpdated,
  UserUpdatedV2,
} from '@supergraph/schema/events/users.ts'

/** The durable queues of notifications. */
export const queues = {
  onOrderChanged: {
    // n.b. one queue for all of them: events in different queues overtake one another
    queue: 'notifications.on-order-changed',
    events: [
      OrderPlaced,
      OrderPaymentChanged,
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
  onUserLinkCreated: {
    queue: 'notifications.on-user-link-created',
    events: [UserLinkCreated, UserLinkCreatedV2],
  },
  onUserDeleted: { queue: 'notifications.on-user-deleted', events: [UserDeleted] },
  onUserDeletionCancelled: {
    queue: 'notifications.on-user-deletion-cancelled',
    events: [UserDeletionCancelled],
  },
  onUserDeletionRequested: {
    queue: 'notifications.on-user-deletion-requested',
    events: [UserDeletionRequested],
  },
  onUserPasswordResetRequested: {
    queue: 'notifications.on-user-password-reset-requested',
    events: [UserPasswordResetRequested],
  },
  onUserRegistered: { queue: 'notifications.on-user-registered', events: [UserRegistered, UserRegisteredV2] },
  onUserTotpChanged: { queue: 'notifications.on-user-totp-changed', events: [UserTotpChanged] },
  onUserUpdated: { queue: 'notifications.on-user-updated', events: [UserUpdated, UserUpdatedV2] },
} as const satisfies Readonly<Record<string, ConsumerQueue>>
