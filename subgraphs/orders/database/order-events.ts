import type { Envelope } from '@supergraph/messaging/envelope.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import {
  OrderCancelled,
  OrderConfirmed,
  OrderPlaced,
  OrderRejected,
} from '@supergraph/schema/events/orders.ts'
import type { Order, OrderEvent } from '../domain/order.ts'

/** The envelope that tells other services what happened to an order. */
export const toEnvelope = (order: Order, event: OrderEvent): Envelope => {
  const { id: orderId, number, customerId, total } = order
  const about = { id: uuidv7(), subject: orderId, version: event.version, occurredAt: event.at }
  const data = { orderId, number, customerId, total }
  switch (event.status) {
    case 'PENDING': {
      const items = event.lines.map(({ productId, quantity }) => ({ productId, quantity }))
      return OrderPlaced.create({ ...about, data: { ...data, items } })
    }
    case 'CONFIRMED':
      return OrderConfirmed.create({ ...about, data })
    case 'REJECTED':
      return OrderRejected.create({ ...about, data: { ...data, reason: event.reason } })
    case 'CANCELLED':
      return OrderCancelled.create({ ...about, data: { ...data, reason: event.reason } })
    default:
      return event satisfies never
  }
}
