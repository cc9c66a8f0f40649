import type { EventType } from '@supergraph/messaging/envelope.ts'
import {
  OrderCancelled,
  OrderConfirmed,
  OrderDelivered,
  OrderPlaced,
  OrderRefunded,
  OrderRejected,
  OrderShipped,
} from './orders.ts'
import { ProductStockChanged, ProductUpdated } from './products.ts'
import { SessionEnded, UserRegistered, UserUpdated } from './users.ts'

/** A durable queue, named `<service>.on-<event>`, and the events that it takes. */
export type ConsumerQueue = { readonly queue: string; readonly events: readonly EventType[] }

/** What each consumer takes, and from which queue. */
export const queues = {
  notificationsOnOrderChanged: {
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
  notificationsOnProductStockChanged: {
    queue: 'notifications.on-product-stock-changed',
    events: [ProductStockChanged],
  },
  notificationsOnUserRegistered: {
    queue: 'notifications.on-user-registered',
    events: [UserRegistered],
  },
  notificationsOnUserUpdated: {
    queue: 'notifications.on-user-updated',
    events: [UserUpdated],
  },
  analyticsOnOrderChanged: {
    queue: 'analytics.on-order-changed',
    events: [OrderConfirmed, OrderCancelled, OrderRefunded],
  },
  analyticsOnProductUpdated: {
    queue: 'analytics.on-product-updated',
    events: [ProductUpdated],
  },
} as const satisfies Readonly<Record<string, ConsumerQueue>>

/** All durable queues. */
export const consumerQueues: readonly ConsumerQueue[] = Object.values(queues)

/** What processes listen to, each on a passing queue of its own, by service. */
export const listeners = { gateway: [SessionEnded] } as const satisfies Readonly<
  Record<string, readonly EventType[]>
>
