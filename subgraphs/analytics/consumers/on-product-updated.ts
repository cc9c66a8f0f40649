import { type EnvelopeOf, startConsumer } from '@supergraph/messaging/consumer.ts'
import type { ProductUpdated } from '@supergraph/schema/events/products.ts'
import type { EntityManager } from 'typeorm'
import { keepProductNames } from '../database/product-names.ts'
import type { ConsumerDependencies } from './dependencies.ts'
import { queues } from './queues.ts'

/** Calls products what the catalogue calls them. */
export const startOnProductUpdated = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    ...queues.onProductUpdated,
    handle: (manager, event) => recordProductEvents(manager, [event]),
  })

/** Lets events of products take effect, in whatever order they come: of each product the newest counts. */
export const recordProductEvents = (
  manager: EntityManager,
  events: readonly EnvelopeOf<typeof ProductUpdated>[],
): Promise<void> =>
  keepProductNames(
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
