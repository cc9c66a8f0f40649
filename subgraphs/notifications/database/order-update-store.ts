import type { Envelope } from '@supergraph/messaging/envelope.ts'
import { lockAll } from '@supergraph/postgres/ordered-locks.ts'
import { affected, row, rows } from '@supergraph/postgres/statements.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import { OrderPlaced } from '@supergraph/schema/events/orders.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { z } from 'zod'
import { announcing, announcingPlaced } from './announcements.ts'
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
 * Stores the changes of orders that events describe, and wakes the orders' subscribers; a change that is stored already
 * changes nothing. Returns the ids of the events after which no later change of the order is known, and none will be before
 * the commit; of events of one order, each counts for those behind it.
 */
export const storeOrderUpdates = async (
  manager: EntityManager,
  events: readonly Envelope<OwnOrder>[],
): Promise<ReadonlySet<string>> => {
  const orderIds = events.map(({ data }) => data.orderId)
  // n.b. without the locks, two replicas that handle two changes of one order would not see each other's change
  await lockAll(manager, 'order', orderIds)
  const versions = await latestVersions(manager, orderIds)
  await affected(
    manager,
    `with added as (
     insert into order_updates (order_id, version, type, event_id, customer_id, occurred_at)
     select "orderId", version, type, id, "customerId", time
     from jsonb_to_recordset($1::jsonb)
       as given ("orderId" uuid, version integer, type text, id uuid, "customerId" uuid, time timestamptz)
     on conflict do nothing
     returning order_id, type)
     select ${announcing('order', 'order_id')}, case when type = $2 then ${announcingPlaced} end from added`,
    [
      JSON.stringify(
        events.map(({ id, type, version, time, data }) => {
          const { orderId, customerId } = data
          return { id, type, version, time, orderId, customerId }
        }),
      ),
      OrderPlaced.type,
    ],
  )
  const newest = new Set<string>()
  for (const { id, version, data } of events) {
    const orderId = data.orderId.toLowerCase()
    if (version < (versions.get(orderId) ?? 0)) continue
    versions.set(orderId, version)
    newest.add(id)
  }
  return newest
}

const latestVersions = async (manager: EntityManager, orderIds: readonly string[]) => {
  const latest = await rows(
    manager,
    z.object({ orderId: z.string(), version: z.int() }),
    `select order_id as "orderId", max(version) as version from order_updates
     where order_id = any ($1::uuid[]) group by order_id`,
    [orderIds],
  )
  return new Map(latest.map(({ orderId, version }) => [orderId, version]))
}
