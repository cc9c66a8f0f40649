import type { Envelope } from '@supergraph/messaging/envelope.ts'
import { affected, rows } from '@supergraph/postgres/statements.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { z } from 'zod'
import { announcing } from './announcements.ts'

const productStock = z.object({
  productId: z.string(),
  available: z.int(),
  version: z.int(),
  occurredAt: z.date(),
})

/** A product's stock after the newest change that is known. */
export type ProductStock = Readonly<z.output<typeof productStock>>

/** A product's id, in lower case, and a version of its stock. */
export type ProductVersion = readonly [id: string, version: number]

/** Reads the stock of products. */
export type ProductStockStore = ReturnType<typeof createProductStockStore>

export const createProductStockStore = (database: DataSource) => ({
  /** For each list of products, the stock of those whose version is higher than the one given for them. */
  newerThan: async (
    lists: readonly (readonly ProductVersion[])[],
  ): Promise<readonly (readonly ProductStock[])[]> => {
    const known = new Map<string, number>()
    for (const [id, version] of lists.flat()) known.set(id, Math.min(version, known.get(id) ?? version))
    const newer = await rows(
      database,
      productStock,
      `select product_id as "productId", available, stock.version, occurred_at as "occurredAt"
       from product_stock as stock
       join unnest($1::uuid[], $2::integer[]) as seen (product_id, version) using (product_id)
       where stock.version > seen.version
       order by occurred_at, product_id`,
      [[...known.keys()], [...known.values()]],
    )
    return lists.map(list => {
      const versions = new Map(list)
      return newer.filter(({ productId, version }) => version > (versions.get(productId) ?? version))
    })
  },
})

/** Stores the stock of products and wakes their subscribers, except for those of which a newer stock is stored. */
export const storeProductStocks = async (
  manager: EntityManager,
  events: readonly Envelope<{ readonly productId: string; readonly available: number }>[],
): Promise<void> => {
  // n.b. in the order of the keys, against deadlocks; and one stock per product, since a statement can't change a row twice
  await affected(
    manager,
    `with given as materialized (
     select distinct on ("productId") *
     from jsonb_to_recordset($1::jsonb)
       as given ("productId" uuid, available integer, version integer, time timestamptz, traceparent text)
     order by "productId", version desc),
     stored as (
     insert into product_stock (product_id, available, version, occurred_at)
     select "productId", available, version, time from given order by "productId"
     on conflict (product_id) do update
       set available = excluded.available, version = excluded.version, occurred_at = excluded.occurred_at
       where product_stock.version < excluded.version
     returning product_id)
     select ${announcing('product', 'product_id', { row: 'version', traceparent: 'traceparent' })}
     from stored join given on "productId" = product_id`,
    [
      JSON.stringify(
        events.map(({ version, time, traceparent, data }) => ({ ...data, version, time, traceparent })),
      ),
    ],
  )
}
