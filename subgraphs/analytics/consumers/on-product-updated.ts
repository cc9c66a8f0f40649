import { type ConsumerDependencies, type EnvelopeOf, startConsumer } from '@supergraph/messaging/consumer.ts'
import type { ProductUpdated } from '@supergraph/schema/events/products.ts'
import type { EntityManager } from 'typeorm'
import { storeProductNames } from '../database/product-names.ts'
import { queues } from './queues.ts'

/** Stores the names of products in the catalogue. */
export const startOnProductUpdated = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    ...queues.onProductUpdated,
    handle: recordProductEvents,
  })

/** Stores the names in events of products, which may come in any order: the newest event of each product counts. */
export const recordProductEvents = (
  manager: EntityManager,
  events: readonly EnvelopeOf<typeof ProductUpdated>[],
): Promise<void> =>
  storeProductNames(
    manager,
    events.map(({ version, time, data: { productId, name, sku, isArchived } }) => ({
      productId,
      name,
      sku,
      isArchived,
      version,
      namedAt: time,
    })),
  )
