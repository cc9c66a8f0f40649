import { startConsumer } from '@supergraph/messaging/consumer.ts'
import { keepProductStock } from '../database/product-stock-store.ts'
import type { ConsumerDependencies } from './dependencies.ts'
import { queues } from './queues.ts'

/** Keeps the newest stock of each product for those who watch it. */
export const startOnProductStockChanged = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    ...queues.onProductStockChanged,
    handle: keepProductStock,
  })
