import { appendToOutbox } from '@supergraph/messaging/outbox/outbox.ts'
import type { EntityManager } from 'typeorm'
import type { Order, OrderEvent, OrderLine } from '../domain/order.ts'
import { toEnvelope } from './order-events.ts'
import { orderChanges } from './tables.ts'

/** Notes what happened to an order, in its history and for the other services. */
export const record = async (
  manager: EntityManager,
  order: Order,
  lines: readonly OrderLine[],
  events: readonly OrderEvent[],
): Promise<void> => {
  if (events.length === 0) return
  await manager.insert(
    orderChanges,
    events.map(event => ({
      orderId: order.id,
      version: event.version,
      status: event.status,
      at: event.at,
      reason: reasonOf(event),
      actorKind: event.actor.kind,
      actorId: event.actor.userId,
    })),
  )
  await appendToOutbox(
    manager,
    events.map(event => toEnvelope(order, lines, event)),
  )
}

const reasonOf = (event: OrderEvent): string | null => {
  if (event.kind === 'refunded') return event.refund.reason
  return event.kind === 'rejected' || event.kind === 'cancelled' ? event.reason : null
}
