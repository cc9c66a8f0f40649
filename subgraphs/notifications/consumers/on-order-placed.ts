import { startConsumer } from '@supergraph/messaging/consumer.ts'
import { OrderPlaced } from '@supergraph/schema/events/orders.ts'
import { keepOrderUpdate } from '../database/order-update-store.ts'
import type { ConsumerDependencies } from './dependencies.ts'

/** Tells those who watch an order that it was placed. */
export const startOnOrderPlaced = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    queue: 'notifications.on-order-placed',
    event: OrderPlaced,
    handle: keepOrderUpdate,
  })
