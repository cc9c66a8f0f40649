import { startConsumer } from '@supergraph/messaging/consumer.ts'
import { OrderConfirmed } from '@supergraph/schema/events/orders.ts'
import { addNotification } from '../database/notification-store.ts'
import { keepOrderUpdate } from '../database/order-update-store.ts'
import { createOrderNotification } from '../domain/notification.ts'
import type { ConsumerDependencies } from './dependencies.ts'

/** Tells the customer, and those who watch the order, that it was confirmed. */
export const startOnOrderConfirmed = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    queue: 'notifications.on-order-confirmed',
    event: OrderConfirmed,
    handle: async (manager, event) => {
      await keepOrderUpdate(manager, event)
      await addNotification(manager, createOrderNotification('ORDER_CONFIRMED', event, event.data))
    },
  })
