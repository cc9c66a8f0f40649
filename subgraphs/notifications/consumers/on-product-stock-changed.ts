import { type ConsumerDependencies, startConsumer } from '@supergraph/messaging/consumer.ts'
import { storeProductStocks } from '../database/product-stock-store.ts'
import { queues } from './queues.ts'

/** Stores the newest stock of each product for its subscribers. */
export const startOnProductStockChanged = (dependencies: ConsumerDependencies) =>
  startConsumer({ ...dependencies, ...queues.onProductStockChanged, handle: storeProductStocks })
