import { row, rows } from '@supergraph/postgres/statements.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'

const placedOrder = z.object({
  orderId: z.string(),
  eventId: z.string(),
  occurredAt: z.date(),
  /** The transaction that stored the order. */
  storedIn: z.string(),
  /** Whether every transaction that could still store something before this order has ended. */
  isSettled: z.boolean(),
})

/** An order that was placed, and its place in the sequence of placed orders. */
export type PlacedOrder = Readonly<z.output<typeof placedOrder>>

/** How far a reader has come: past what the snapshot `beganWith` shows, and past the order that it read last. */
export type PlacedPosition = Pick<PlacedOrder, 'storedIn' | 'orderId'> & { readonly beganWith: string }

/** Reads the orders that are placed, as one sequence. */
export type PlacedOrderStore = ReturnType<typeof createPlacedOrderStore>

/** How many rows `since` returns at most: fewer means that there are no more. */
export const placedOrdersPerRead = 100

const firstId = '00000000-0000-0000-0000-000000000000'

const snapshot = z.object({ beganWith: z.string(), storedIn: z.string() })

export const createPlacedOrderStore = (database: DataSource) => ({
  /** The present: whatever is committed afterwards comes after it. */
  now: async (): Promise<PlacedPosition> => {
    const present = await row(
      database,
      snapshot,
      `select snapshot::text as "beganWith", pg_snapshot_xmin(snapshot)::text as "storedIn"
       from pg_current_snapshot() as snapshot`,
    )
    if (present === undefined) throw new Error('PostgreSQL returned no snapshot')
    return { ...present, orderId: firstId }
  },
  /**
   * What comes after a position, at most 100, the settled orders first. Before the others, more orders may appear:
   * transactions do not become visible in the order in which they began.
   */
  since: ({ beganWith, storedIn, orderId }: PlacedPosition) =>
    rows(
      database,
      placedOrder,
      `select order_id as "orderId", event_id as "eventId", occurred_at as "occurredAt",
         stored_in::text as "storedIn", stored_in < pg_snapshot_xmin(pg_current_snapshot()) as "isSettled"
       from order_updates
       where type = 'order.placed' and (stored_in, order_id) > ($1::xid8, $2::uuid)
         and not pg_visible_in_snapshot(stored_in, $3::pg_snapshot)
       order by stored_in, order_id limit $4`,
      [storedIn, orderId, beganWith, placedOrdersPerRead],
    ),
})
