import type { Envelope } from '@supergraph/messaging/envelope.ts'
import { affected, rows } from '@supergraph/postgres/statements.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import { OrderPlaced } from '@supergraph/schema/events/orders.ts'
import { type DataSource, type EntityManager, MoreThan } from 'typeorm'
import { z } from 'zod'
import { announce, placedTopic, topicOf } from './announcements.ts'
import { type OrderUpdateRow, orderUpdateTable } from './tables.ts'

/** An order as its customer asks for it. */
export type OwnOrder = { readonly orderId: string; readonly customerId: string }

/** Reads changes of orders; only its customer knows an order. */
export type OrderUpdateStore = ReturnType<typeof createOrderUpdateStore>

/** How many rows `since` returns at most: fewer means that there are no more. */
export const orderUpdatesPerRead = 100

export const createOrderUpdateStore = (database: DataSource) => {
  const updates = database.getRepository(orderUpdateTable)
  return {
    latest: async ({ orderId, customerId }: OwnOrder): Promise<OrderUpdateRow | undefined> => {
      if (!isUuid(orderId)) return undefined
      const [latest] = await updates.find({
        where: { orderId, customerId },
        order: { version: 'DESC' },
        take: 1,
      })
      return latest
    },
    /** The changes after `version`, oldest first, at most 100. */
    since: async ({ orderId, customerId }: OwnOrder, version: number): Promise<readonly OrderUpdateRow[]> => {
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
 * Stores the change of an order that an event describes, and wakes the order's subscribers; a change that is stored
 * already changes nothing. `isNewest` tells whether no later change is stored, and none will be before the commit.
 */
export const storeOrderUpdate = async (
  manager: EntityManager,
  { id, type, version, time, data }: Envelope<OwnOrder>,
): Promise<{ readonly isNewest: boolean }> => {
  await lockOrder(manager, data.orderId)
  const added = await affected(
    manager,
    `insert into order_updates (order_id, version, type, event_id, customer_id, occurred_at)
     values ($1, $2, $3, $4, $5, $6)
     on conflict do nothing`,
    [data.orderId, version, type, id, data.customerId, time],
  )
  if (added > 0) {
    const topics = type === OrderPlaced.type ? [placedTopic] : []
    await announce(manager, topicOf('order', data.orderId), ...topics)
  }
  const later = await rows(
    manager,
    z.object({}),
    'select from order_updates where order_id = $1 and version > $2 limit 1',
    [data.orderId, version],
  )
  return { isNewest: later.length === 0 }
}

// n.b. without the lock, two replicas that handle two changes of one order would not see each other's change
const lockOrder = (manager: EntityManager, orderId: string) =>
  affected(manager, `select pg_advisory_xact_lock(hashtextextended('order:' || $1, 0))`, [orderId])
