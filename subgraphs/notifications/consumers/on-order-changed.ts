import { type EnvelopeOf, startConsumer } from '@supergraph/messaging/consumer.ts'
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
import { storeOrderUpdates } from '../database/order-update-store.ts'
import { localesOf } from '../database/recipient-store.ts'
import { createOrderEmail } from '../domain/email.ts'
import { fallback } from '../domain/language.ts'
import { createOrderNotification } from '../domain/notification.ts'
import type { OrderNews } from '../domain/order-news.ts'
import { type NotifyingDependencies, notifyUsers } from './notify-users.ts'
import { queues } from './queues.ts'

/**
 * Stores each change of an order for its subscribers, and notifies the customer of the newest state and of every refund: in the
 * app in the language that is known by then.
 */
export const startOnOrderChanged = ({ languages, ...dependencies }: NotifyingDependencies) =>
  startConsumer({
    ...dependencies,
    ...queues.onOrderChanged,
    handle: async (manager, events) => {
      const newest = await storeOrderUpdates(manager, events)
      // n.b. a later change outdates the state of an order, but not the fact that money was returned
      const isNews = ({ id, type }: OrderEvent) => newest.has(id) || type === OrderRefunded.type
      const told = events.filter(isNews).flatMap(event => {
        const news = toNews(event)
        return news === undefined ? [] : [{ event, news }]
      })
      const locales = await localesOf(
        manager,
        told.map(({ news }) => news.customerId),
      )
      await notifyUsers(
        manager,
        told.map(({ event, news }) => ({
          notification: createOrderNotification(
            event,
            news,
            languages.of(locales.get(news.customerId) ?? fallback),
          ),
          email: createOrderEmail(event, news, languages.of(fallback)),
          traceparent: event.traceparent,
        })),
      )
    },
  })

type OrderEvent = EnvelopeOf<(typeof queues.onOrderChanged.events)[number]>

/** What the customer is told of it; undefined for what the customer has done, and for what a page shows while it is open. */
const toNews = (event: OrderEvent): OrderNews | undefined => {
  switch (event.type) {
    case OrderPlaced.type:
    case OrderPaymentChanged.type:
      return undefined
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
