import type { Envelope } from '@supergraph/messaging/envelope.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import { OrderPlaced } from '@supergraph/schema/events/orders.ts'
import { type DataSource, type EntityManager, MoreThan } from 'typeorm'
import { announce, placedTopic, topicOf } from './announcements.ts'
import { type OrderUpdateRow, orderUpdateTable } from './tables.ts'

/** An order as its customer asks for it. */
export type OwnOrder = { readonly orderId: string; readonly customerId: string }

/** Reads changes of orders; an order is known to its customer alone. */
export type OrderUpdateStore = {
  readonly latest: (order: OwnOrder) => Promise<OrderUpdateRow | undefined>
  /** The changes after `version`, oldest first, at most 100. */
  readonly since: (order: OwnOrder, version: number) => Promise<readonly OrderUpdateRow[]>
}

/** How many rows `since` gives at most: fewer means that there are no more. */
export const orderUpdatesPerRead = 100

export const createOrderUpdateStore = (dataSource: DataSource): OrderUpdateStore => {
  const updates = dataSource.getRepository(orderUpdateTable)
  return {
    latest: async ({ orderId, customerId }) => {
      if (!isUuid(orderId)) return undefined
      const [latest] = await updates.find({
        where: { orderId, customerId },
        order: { version: 'DESC' },
        take: 1,
      })
      return latest
    },
    since: async ({ orderId, customerId }, version) => {
      if (!isUuid(orderId)) return []
      return updates.find({
        where: { orderId, customerId, version: MoreThan(version) },
        order: { version: 'ASC' },
        take: orderUpdatesPerRead,
      })
    },
  }
}

/**
 * Keeps what an event says about an order, and wakes those who watch the order; an event that is kept changes nothing.
 * `isNewest` unless a later change of the order is kept; until the commit, no other is.
 */
export const keepOrderUpdate = async (
  manager: EntityManager,
  { id, type, version, time, data }: Envelope<OwnOrder>,
): Promise<{ readonly isNewest: boolean }> => {
  // n.b. or two replicas, each with one change of the order in hand, would not see the other's
  await manager.query(`select pg_advisory_xact_lock(hashtextextended('order:' || $1, 0))`, [data.orderId])
  const inserted: readonly unknown[] = await manager.query(
    `insert into order_updates (order_id, version, type, event_id, customer_id, occurred_at)
     values ($1, $2, $3, $4, $5, $6)
     on conflict do nothing
     returning version`,
    [data.orderId, version, type, id, data.customerId, time],
  )
  if (inserted.length > 0) {
    const topics = type === OrderPlaced.type ? [placedTopic] : []
    await announce(manager, topicOf('order', data.orderId), ...topics)
  }
  const later: readonly unknown[] = await manager.query(
    'select version from order_updates where order_id = $1 and version > $2 limit 1',
    [data.orderId, version],
  )
  return { isNewest: later.length === 0 }
}
