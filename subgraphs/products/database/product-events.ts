import type { Envelope } from '@supergraph/messaging/envelope.ts'
import { appendToOutbox } from '@supergraph/messaging/outbox/outbox.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { ProductUpdated } from '@supergraph/schema/events/products.ts'
import { type DataSource, type EntityManager, MoreThan } from 'typeorm'
import { type ProductRow, productTable } from './tables.ts'

/** Tells other services what products, each saved already, are called and cost since this version of theirs. */
export const publishProducts = (manager: EntityManager, products: readonly ProductRow[]): Promise<void> =>
  appendToOutbox(manager, products.map(toEnvelope))

/** Every product as the event that would tell of it now, in pages. */
export async function* productsAsEvents(dataSource: DataSource): AsyncGenerator<readonly Envelope[]> {
  for (let last: string | undefined; ; ) {
    const products = await dataSource.manager.find(productTable, {
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
