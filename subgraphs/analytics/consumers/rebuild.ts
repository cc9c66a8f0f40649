import type { Envelope } from '@supergraph/messaging/envelope.ts'
import { ProductUpdated } from '@supergraph/schema/events/products.ts'
import type { DataSource } from 'typeorm'
import { forgetEverything } from '../database/sales-store.ts'
import { recordProductEvents } from './on-product-updated.ts'
import { type OrderEvent, orderEvents, recordOrderEvents } from './order-events.ts'

const concurrency = 8

/**
 * Forgets everything and counts it anew from past events; `onPage` follows each page. Events that arrive meanwhile take
 * effect once, as ever; begun again, it starts over.
 */
export const rebuild = async (
  dataSource: DataSource,
  pages: AsyncIterable<readonly Envelope[]>,
  onPage: (events: readonly Envelope[]) => void = () => {},
): Promise<void> => {
  await dataSource.transaction(forgetEverything)
  for await (const page of pages) {
    const products = page.filter(({ type }) => type === ProductUpdated.type).map(ProductUpdated.parse)
    await dataSource.transaction(manager => recordProductEvents(manager, products))
    const orders = Map.groupBy(page.flatMap(toOrderEvent), event => event.data.orderId).entries()
    // n.b. the workers share one iterator: each takes the next order once it is free
    const work = async () => {
      for (const [orderId, events] of orders) {
        await dataSource.transaction(manager => recordOrderEvents(manager, orderId, events))
      }
    }
    await Promise.all(Array.from({ length: concurrency }, work))
    onPage(page)
  }
}

const toOrderEvent = (envelope: Envelope): readonly OrderEvent[] =>
  orderEvents.filter(({ type }) => type === envelope.type).map(event => event.parse(envelope))
