import type { DataSource } from 'typeorm'

/** An order that was placed, and where it stands among them. */
export type PlacedOrderRow = {
  readonly orderId: string
  readonly eventId: string
  readonly occurredAt: Date
  /** The transaction that stored it. */
  readonly storedIn: string
  /** Whether no transaction is under way any more that may store something before it. */
  readonly isSettled: boolean
}

/** Where a reader stands: past what `beganWith`, a snapshot, shows, and past the order that it read last. */
export type PlacedPosition = Pick<PlacedOrderRow, 'storedIn' | 'orderId'> & { readonly beganWith: string }

/** Reads the orders that are placed, as one sequence. */
export type PlacedOrderStore = {
  /** The present: whatever is committed afterwards comes after it. */
  readonly now: () => Promise<PlacedPosition>
  /**
   * What comes after a position, at most 100. The settled ones lead; before the others, something may yet appear, since
   * transactions do not become visible in the order in which they began.
   */
  readonly since: (position: PlacedPosition) => Promise<readonly PlacedOrderRow[]>
}

/** How many rows `since` gives at most: fewer means that there are no more. */
export const placedOrdersPerRead = 100

const firstId = '00000000-0000-0000-0000-000000000000'

export const createPlacedOrderStore = (dataSource: DataSource): PlacedOrderStore => ({
  now: async () => {
    const [present]: readonly Pick<PlacedPosition, 'beganWith' | 'storedIn'>[] = await dataSource.query(
      `select snapshot::text as "beganWith", pg_snapshot_xmin(snapshot)::text as "storedIn"
       from pg_current_snapshot() as snapshot`,
    )
    if (present === undefined) throw new Error('PostgreSQL gave no snapshot')
    return { ...present, orderId: firstId }
  },
  since: ({ beganWith, storedIn, orderId }) =>
    dataSource.query(
      `select order_id as "orderId", event_id as "eventId", occurred_at as "occurredAt",
         stored_in::text as "storedIn", stored_in < pg_snapshot_xmin(pg_current_snapshot()) as "isSettled"
       from order_updates
       where type = 'order.placed' and (stored_in, order_id) > ($1::xid8, $2::uuid)
         and not pg_visible_in_snapshot(stored_in, $3::pg_snapshot)
       order by stored_in, order_id limit $4`,
      [storedIn, orderId, beganWith, placedOrdersPerRead],
    ),
})
