import type { Envelope } from '@supergraph/messaging/envelope.ts'
import { ProductUpdated } from '@supergraph/schema/events/products.ts'
import type { DataSource } from 'typeorm'
import { deleteEverything } from '../database/sales-store.ts'
import { type OrderEvent, recordOrderEvents } from './on-order-changed.ts'
import { recordProductEvents } from './on-product-updated.ts'
import { queues } from './queues.ts'

/**
 * Deletes everything and counts it again from past events; `onPage` is called after each page. Events that arrive
 * meanwhile count once, as always. If it is interrupted, the next call starts from the beginning.
 */
export const rebuild = async (
  database: DataSource,
  pages: AsyncIterable<readonly Envelope[]>,
  onPage: (events: readonly Envelope[]) => void = () => {},
): Promise<void> => {
  await database.transaction(deleteEverything)
  for await (const page of pages) {
    const products = page.filter(({ type }) => type === ProductUpdated.type).map(ProductUpdated.parse)
    await database.transaction(manager => recordProductEvents(manager, products))
    const orders = page.flatMap(toOrderEvent)
    await database.transaction(manager => recordOrderEvents(manager, orders))
    onPage(page)
  }
}

const toOrderEvent = (envelope: Envelope): readonly OrderEvent[] =>
  queues.onOrderChanged.events
    .filter(({ type }) => type === envelope.type)
    .map(event => event.parse(envelope))
