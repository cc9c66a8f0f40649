import { startConsumer } from '@supergraph/messaging/consumer.ts'
import { queues } from '@supergraph/schema/events/queues.ts'
import { keepProductStock } from '../database/product-stock-store.ts'
import type { ConsumerDependencies } from './dependencies.ts'

/** Keeps the newest stock of each product for those who watch it. */
export const startOnProductStockChanged = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    ...queues.notificationsOnProductStockChanged,
    handle: keepProductStock,
  })
