import { startConsumer } from '@supergraph/messaging/consumer.ts'
import { OrderCancelled } from '@supergraph/schema/events/orders.ts'
import { addNotification } from '../database/notification-store.ts'
import { keepOrderUpdate } from '../database/order-update-store.ts'
import { createOrderNotification } from '../domain/notification.ts'
import type { ConsumerDependencies } from './dependencies.ts'

/** Tells the customer, and those who watch the order, that it was cancelled. */
export const startOnOrderCancelled = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    queue: 'notifications.on-order-cancelled',
    event: OrderCancelled,
    handle: async (manager, event) => {
      await keepOrderUpdate(manager, event)
      await addNotification(manager, createOrderNotification('ORDER_CANCELLED', event, event.data))
    },
  })
