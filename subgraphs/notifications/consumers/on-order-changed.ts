import { type ConsumerDependencies, type EnvelopeOf, startConsumer } from '@supergraph/messaging/consumer.ts'
import {
  OrderCancelled,
  OrderConfirmed,
  OrderDelivered,
  OrderPlaced,
  OrderRefunded,
  OrderRejected,
  OrderShipped,
} from '@supergraph/schema/events/orders.ts'
import { storeOrderUpdates } from '../database/order-update-store.ts'
import { createOrderEmail } from '../domain/email.ts'
import { createOrderNotification } from '../domain/notification.ts'
import type { OrderNews } from '../domain/order-news.ts'
import { notifyUsers } from './notify-users.ts'
import { queues } from './queues.ts'

/** Stores each change of an order for its subscribers, and notifies the customer of the newest state and of every refund. */
export const startOnOrderChanged = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    ...queues.onOrderChanged,
    handle: async (manager, events) => {
      const newest = await storeOrderUpdates(manager, events)
      const news = events.flatMap(event => {
        // n.b. a later change outdates the state of an order, but not the fact that money was returned
        if (event.type === OrderPlaced.type || !(newest.has(event.id) || event.type === OrderRefunded.type))
          return []
        const news = toNews(event)
        const { traceparent } = event
        return [
          {
            notification: createOrderNotification(event, news),
            email: createOrderEmail(event, news),
            traceparent,
          },
        ]
      })
      await notifyUsers(manager, news)
    },
  })

type OrderEvent = EnvelopeOf<(typeof queues.onOrderChanged.events)[number]>

const toNews = (event: Exclude<OrderEvent, { readonly type: typeof OrderPlaced.type }>): OrderNews => {
  switch (event.type) {
    case OrderConfirmed.type:
      return { kind: 'ORDER_CONFIRMED', ...event.data }
    case OrderRejected.type:
      return { kind: 'ORDER_REJECTED', ...event.data }
    case OrderCancelled.type:
      return { kind: 'ORDER_CANCELLED', ...event.data }
    case OrderShipped.type:
      return { kind: 'ORDER_SHIPPED', ...event.data }
    case OrderDelivered.type:
      return { kind: 'ORDER_DELIVERED', ...event.data }
    case OrderRefunded.type:
      return { kind: 'ORDER_REFUNDED', ...event.data }
    default:
      return event satisfies never
  }
}
