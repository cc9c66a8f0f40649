import type { Envelope } from '@supergraph/messaging/envelope.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import {
  OrderCancelled,
  OrderConfirmed,
  OrderDelivered,
  OrderPlaced,
  OrderRefunded,
  OrderRejected,
  OrderShipped,
} from '@supergraph/schema/events/orders.ts'
import type { Order, OrderEvent, OrderLine } from '../domain/order.ts'

/** The envelope that tells other services what happened to an order of these lines. */
export const toEnvelope = (order: Order, lines: readonly OrderLine[], event: OrderEvent): Envelope => {
  const { id: orderId, number, customerId, total } = order
  const about = { id: uuidv7(), subject: orderId, version: event.version, occurredAt: event.at }
  const data = { orderId, number, customerId, total }
  switch (event.kind) {
    case 'placed': {
      const items = lines.map(({ productId, quantity }) => ({ productId, quantity }))
      return OrderPlaced.create({ ...about, data: { ...data, items } })
    }
    case 'confirmed':
      return OrderConfirmed.create({ ...about, data: { ...data, items: [...lines] } })
    case 'rejected':
      return OrderRejected.create({ ...about, data: { ...data, reason: event.reason } })
    case 'cancelled':
      return OrderCancelled.create({ ...about, data: { ...data, reason: event.reason } })
    case 'shipped':
      return OrderShipped.create({ ...about, data: { ...data, ...event.tracking } })
    case 'delivered':
      return OrderDelivered.create({ ...about, data })
    case 'refunded': {
      const { id: refundId, amountMinor, lines: items, reason } = event.refund
      const amount = { amountMinor, currency: total.currency }
      const isFull = event.status === 'REFUNDED'
      const refund = { refundId, amount, isFull, items: [...items], reason }
      return OrderRefunded.create({ ...about, data: { ...data, ...refund } })
    }
    default:
      return event satisfies never
  }
}
