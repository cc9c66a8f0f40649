import { startConsumer } from '@supergraph/messaging/consumer.ts'
import {
  OrderCancelled,
  OrderConfirmed,
  OrderPlaced,
  OrderRejected,
} from '@supergraph/schema/events/orders.ts'
import { addNotification } from '../database/notification-store.ts'
import { keepOrderUpdate } from '../database/order-update-store.ts'
import { createOrderNotification } from '../domain/notification.ts'
import type { ConsumerDependencies } from './dependencies.ts'

/** Tells those who watch an order of each change, and its customer how it was settled: the newest word alone. */
export const startOnOrderChanged = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    // n.b. one queue for all of them: events in different queues overtake one another
    queue: 'notifications.on-order-changed',
    events: [OrderPlaced, OrderConfirmed, OrderRejected, OrderCancelled],
    handle: async (manager, event) => {
      const { isNewest } = await keepOrderUpdate(manager, event)
      if (!isNewest || event.type === OrderPlaced.type) return
      await addNotification(manager, createOrderNotification(kindOf[event.type], event, event.data))
    },
  })

const kindOf = {
  [OrderConfirmed.type]: 'ORDER_CONFIRMED',
  [OrderRejected.type]: 'ORDER_REJECTED',
  [OrderCancelled.type]: 'ORDER_CANCELLED',
} as const
