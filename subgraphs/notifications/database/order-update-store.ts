import type { Envelope } from '@supergraph/messaging/envelope.ts'
import { lockAll } from '@supergraph/postgres/ordered-locks.ts'
import { affected, rows } from '@supergraph/postgres/statements.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import { OrderPlaced } from '@supergraph/schema/events/orders.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { z } from 'zod'
import { announcing, announcingPlaced } from './announcements.ts'
import { byPlace } from './by-place.ts'
import { type OrderUpdateRow, orderUpdateRow } from './tables.ts'

/** An order as its customer asks for it. */
export type OwnOrder = { readonly orderId: string; readonly customerId: string }

/** How far a reader of an order's changes has come: past `version`. */
export type OrderPosition = OwnOrder & { readonly version: number }

/** Reads changes of orders; only its customer knows an order. */
export type OrderUpdateStore = ReturnType<typeof createOrderUpdateStore>

/** How many rows `since` returns at most: fewer means that there are no more. */
export const orderUpdatesPerRead = 100

const placedRow = orderUpdateRow.extend({ place: z.int() })

// n.b. what is no UUID names no row, and must not fail the read of others
const idOrNull = (id: string): string | null => (isUuid(id) ? id : null)

const columns = `order_id as "orderId", version, type, event_id as "eventId", occurred_at as "occurredAt",
  follows_pruned as "followsPruned"`

export const createOrderUpdateStore = (database: DataSource) => ({
  /** The latest change of each order. */
  latest: async (orders: readonly OwnOrder[]): Promise<readonly (OrderUpdateRow | undefined)[]> => {
    const found = await rows(
      database,
      placedRow,
      `select place::integer, found.*
       from unnest($1::uuid[], $2::uuid[]) with ordinality as own (order_id, customer_id, place)
       cross join lateral (
         select ${columns} from order_updates
         where order_updates.order_id = own.order_id and order_updates.customer_id = own.customer_id
         order by version desc limit 1) as found`,
      [orders.map(({ orderId }) => idOrNull(orderId)), orders.map(({ customerId }) => idOrNull(customerId))],
    )
    return byPlace(found, orders.length).map(([latest]) => latest)
  },
  /** For each position, the order's changes after it, oldest first, at most 100. */
  since: async (positions: readonly OrderPosition[]): Promise<readonly (readonly OrderUpdateRow[])[]> => {
    const found = await rows(
      database,
      placedRow,
      `select place::integer, found.*
       from unnest($1::uuid[], $2::uuid[], $3::integer[])
         with ordinality as own (order_id, customer_id, version, place)
       cross join lateral (
         select ${columns} from order_updates
         where order_updates.order_id = own.order_id and order_updates.customer_id = own.customer_id
           and order_updates.version > own.version
         order by version limit $4) as found
       order by place, found.version`,
      [
        positions.map(({ orderId }) => idOrNull(orderId)),
        positions.map(({ customerId }) => idOrNull(customerId)),
        positions.map(({ version }) => version),
        orderUpdatesPerRead,
      ],
    )
    return byPlace(found, positions.length)
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
    `with given as materialized (
       select * from jsonb_to_recordset($1::jsonb) as given (
         "orderId" uuid, version integer, type text, id uuid, "customerId" uuid, time timestamptz, traceparent text)),
     added as (
       insert into order_updates (order_id, version, type, event_id, customer_id, occurred_at)
       select "orderId", version, type, id, "customerId", time from given
       on conflict do nothing
       returning event_id),
     news as (select given.* from added join given on given.id = event_id)
     select ${announcing('order', '"orderId"', { row: 'version', traceparent: 'traceparent' })},
       ${announcingPlaced({ row: '"orderId"', traceparent: 'traceparent' }, 'type = $2')}
     from news order by version`,
    [
      JSON.stringify(
        events.map(({ id, type, version, time, traceparent, data }) => {
          const { orderId, customerId } = data
          return { id, type, version, time, orderId, customerId, traceparent }
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
