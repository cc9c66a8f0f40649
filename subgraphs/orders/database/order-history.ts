import type { Envelope } from '@supergraph/messaging/envelope.ts'
import { appendToOutbox } from '@supergraph/messaging/outbox/outbox.ts'
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
import type { EntityManager } from 'typeorm'
import type { Order, OrderEvent, OrderLine } from '../domain/order.ts'
import { refusalSentence } from './order-row.ts'
import { orderChangeTable } from './tables.ts'

/** Writes what happened to an order into its history, and publishes it. */
export const recordEvents = async (
  manager: EntityManager,
  order: Order,
  lines: readonly OrderLine[],
  events: readonly OrderEvent[],
): Promise<void> => {
  if (events.length === 0) return
  const changes = events.map(event => ({ event, reason: reasonOf(order, event) }))
  await manager.insert(
    orderChangeTable,
    changes.map(({ event: { version, status, at, actor }, reason }) => ({
      orderId: order.id,
      version,
      status,
      at,
      reason,
      actorKind: actor.kind,
      actorId: actor.userId,
    })),
  )
  await appendToOutbox(
    manager,
    changes.map(({ event, reason }) => toEnvelope(order, lines, event, reason)),
  )
}

const reasonOf = ({ refusal }: Order, event: OrderEvent): string | null => {
  if (event.kind === 'refunded') return event.refund.reason
  if (event.kind === 'rejected') return refusal && refusalSentence(refusal)
  return event.kind === 'cancelled' ? event.reason : null
}

/** The envelope that tells other services what happened to an order of these lines, and for which reason. */
export const toEnvelope = (
  order: Order,
  lines: readonly OrderLine[],
  event: OrderEvent,
  reason: string | null,
): Envelope => {
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
      return OrderRejected.create({ ...about, data: { ...data, reason: reason ?? '' } })
    case 'cancelled':
      return OrderCancelled.create({ ...about, data: { ...data, reason } })
    case 'shipped':
      return OrderShipped.create({ ...about, data: { ...data, ...event.tracking } })
    case 'delivered':
      return OrderDelivered.create({ ...about, data })
    case 'refunded': {
      const { id: refundId, amountMinor, lines: items } = event.refund
      const amount = { amountMinor, currency: total.currency }
      const isFull = event.status === 'REFUNDED'
      const refund = { refundId, amount, isFull, items: [...items], reason }
      return OrderRefunded.create({ ...about, data: { ...data, ...refund } })
    }
    default:
      return event satisfies never
  }
}
