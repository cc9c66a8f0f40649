import { startConsumer } from '@supergraph/messaging/consumer.ts'
import { ProductStockChanged } from '@supergraph/schema/events/products.ts'
import { keepProductStock } from '../database/product-stock-store.ts'
import type { ConsumerDependencies } from './dependencies.ts'

/** Keeps the newest stock of each product for those who watch it. */
export const startOnProductStockChanged = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    queue: 'notifications.on-product-stock-changed',
    event: ProductStockChanged,
    handle: keepProductStock,
  })
