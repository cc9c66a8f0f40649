import type { Envelope } from '@supergraph/messaging/envelope.ts'
import { affected, row, rows } from '@supergraph/postgres/statements.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import { OrderPlaced } from '@supergraph/schema/events/orders.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { z } from 'zod'
import { announce, placedTopic, topicOf } from './announcements.ts'
import { type OrderUpdateRow, orderUpdateRow } from './tables.ts'

/** An order as its customer asks for it. */
export type OwnOrder = { readonly orderId: string; readonly customerId: string }

/** Reads changes of orders; only its customer knows an order. */
export type OrderUpdateStore = ReturnType<typeof createOrderUpdateStore>

/** How many rows `since` returns at most: fewer means that there are no more. */
export const orderUpdatesPerRead = 100

const columns = `order_id as "orderId", version, type, event_id as "eventId", occurred_at as "occurredAt",
  follows_pruned as "followsPruned"`

export const createOrderUpdateStore = (database: DataSource) => ({
  latest: async ({ orderId, customerId }: OwnOrder): Promise<OrderUpdateRow | undefined> => {
    if (!isUuid(orderId)) return undefined
    return row(
      database,
      orderUpdateRow,
      `select ${columns} from order_updates where order_id = $1 and customer_id = $2
       order by version desc limit 1`,
      [orderId, customerId],
    )
  },
  /** The changes after `version`, oldest first, at most 100. */
  since: async ({ orderId, customerId }: OwnOrder, version: number): Promise<readonly OrderUpdateRow[]> => {
    if (!isUuid(orderId)) return []
    return rows(
      database,
      orderUpdateRow,
      `select ${columns} from order_updates where order_id = $1 and customer_id = $2 and version > $3
       order by version limit $4`,
      [orderId, customerId, version, orderUpdatesPerRead],
    )
  },
})

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
