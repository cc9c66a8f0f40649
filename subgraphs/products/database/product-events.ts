import type { Envelope } from '@supergraph/messaging/envelope.ts'
import { appendToOutbox } from '@supergraph/messaging/outbox/outbox.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { ProductUpdated } from '@supergraph/schema/events/products.ts'
import { type DataSource, type EntityManager, MoreThan } from 'typeorm'
import { type ProductRow, productTable } from './tables.ts'

/** Publishes the names and prices of saved products to other services. */
export const publishProducts = (manager: EntityManager, products: readonly ProductRow[]): Promise<void> =>
  appendToOutbox(manager, products.map(toEnvelope))

/** Every product as the event that would be published of it now, in pages. */
export async function* productsAsEvents(database: DataSource): AsyncGenerator<readonly Envelope[]> {
  for (let last: string | undefined; ; ) {
    const products = await database.manager.find(productTable, {
      where: last === undefined ? {} : { id: MoreThan(last) },
      order: { id: 'ASC' },
      take: productsPerPage,
    })
    if (products.length === 0) return
    yield products.map(toEnvelope)
    last = products.at(-1)?.id
  }
}

const productsPerPage = 1_000

const toEnvelope = ({ id, updatedAt, ...product }: ProductRow): Envelope =>
  ProductUpdated.create({
    id: uuidv7(updatedAt.getTime()),
    subject: `catalogue/${id}`,
    version: product.catalogueVersion,
    occurredAt: updatedAt,
    data: {
      productId: id,
      sku: product.sku,
      name: product.name,
      category: product.category,
      price: { amountMinor: product.priceMinor, currency: product.currency },
      isArchived: product.archivedAt !== null,
    },
  })
