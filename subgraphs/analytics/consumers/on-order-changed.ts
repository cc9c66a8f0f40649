import { type ConsumerDependencies, type EnvelopeOf, startConsumer } from '@supergraph/messaging/consumer.ts'
import {
  OrderCancelled,
  OrderConfirmed,
  OrderPaymentChanged,
  OrderRefunded,
} from '@supergraph/schema/events/orders.ts'
import type { EntityManager } from 'typeorm'
import { type ProductName, storeProductNames } from '../database/product-names.ts'
import { recordOrderFacts } from '../database/sales-store.ts'
import type { OrderFact } from '../domain/order-fact.ts'
import { queues } from './queues.ts'

/** Counts what orders sell and return. */
export const startOnOrderChanged = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    ...queues.onOrderChanged,
    handle: recordOrderEvents,
  })

/** An event of an order that changes the figures. */
export type OrderEvent = EnvelopeOf<(typeof queues.onOrderChanged.events)[number]>

/** Counts events of orders, each once, in whatever order they come. */
export const recordOrderEvents = async (
  manager: EntityManager,
  events: readonly OrderEvent[],
): Promise<void> => {
  const orders = Map.groupBy(events, event => event.data.orderId.toLowerCase())
  await recordOrderFacts(
    manager,
    [...orders].map(([orderId, events]) => ({
      orderId,
      facts: events.flatMap(event => toFact(event) ?? []),
    })),
  )
  await storeProductNames(manager, events.flatMap(namesIn))
}

/** What an event changes in the figures; undefined if nothing. */
const toFact = (event: OrderEvent): OrderFact | undefined => {
  const { version } = event
  const day = new Date(event.time).toISOString().slice(0, 'yyyy-mm-dd'.length)
  switch (event.type) {
    case OrderConfirmed.type: {
      const { items, total } = event.data
      const lines = items.map(({ productId, quantity, unitPriceMinor }) => ({
        productId,
        quantity,
        unitPriceMinor,
      }))
      return { kind: 'confirmed', version, day, currency: total.currency, lines }
    }
    case OrderCancelled.type:
      return { kind: 'cancelled', version, day }
    case OrderRefunded.type: {
      const { refundId, amount, isFull, items } = event.data
      return { kind: 'refunded', version, day, refundId, amountMinor: amount.amountMinor, isFull, items }
    }
    case OrderPaymentChanged.type: {
      const { change, refund } = event.data
      if (change !== 'REFUND_FAILED' || refund === undefined) return undefined
      return { kind: 'refundFailed', version, day, refundId: refund.refundId }
    }
    default:
      return event satisfies never
  }
}

const namesIn = (event: OrderEvent): readonly ProductName[] => {
  if (event.type !== OrderConfirmed.type) return []
  return event.data.items.map(({ productId, productName: name, sku }) => ({
    productId,
    name,
    sku,
    isArchived: false,
    version: 0,
    namedAt: event.time,
  }))
}
