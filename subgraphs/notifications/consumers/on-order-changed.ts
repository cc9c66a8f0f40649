import { type EnvelopeOf, startConsumer } from '@supergraph/messaging/consumer.ts'
import {
  OrderCancelled,
  OrderConfirmed,
  OrderDelivered,
  OrderPlaced,
  OrderRefunded,
  OrderRejected,
  OrderShipped,
} from '@supergraph/schema/events/orders.ts'
import { keepOrderUpdate } from '../database/order-update-store.ts'
import { createOrderEmail } from '../domain/email.ts'
import { createOrderNotification, type OrderNews } from '../domain/notification.ts'
import type { ConsumerDependencies } from './dependencies.ts'
import { queues } from './queues.ts'
import { tell } from './tell.ts'

/** Tells those who watch an order of each change, and its customer where it stands: the newest word alone, and every refund. */
export const startOnOrderChanged = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    ...queues.onOrderChanged,
    handle: async (manager, event) => {
      const { isNewest } = await keepOrderUpdate(manager, event)
      // n.b. where an order stands goes out of date, that money was returned does not
      if (event.type === OrderPlaced.type || (!isNewest && event.type !== OrderRefunded.type)) return
      const news = toNews(event)
      await tell(manager, createOrderNotification(event, news), createOrderEmail(event, news))
    },
  })

type Event = EnvelopeOf<(typeof queues.onOrderChanged.events)[number]>

const toNews = (event: Exclude<Event, { readonly type: typeof OrderPlaced.type }>): OrderNews => {
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
