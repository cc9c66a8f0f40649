import type { Envelope } from '@supergraph/messaging/envelope.ts'
import { affected, rows } from '@supergraph/postgres/statements.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { z } from 'zod'
import { announce, topicOf } from './announcements.ts'

const productStock = z.object({
  productId: z.string(),
  available: z.int(),
  version: z.int(),
  occurredAt: z.date(),
})

/** A product's stock after the newest change that is known. */
export type ProductStock = Readonly<z.output<typeof productStock>>

/** Reads the stock of products. */
export type ProductStockStore = ReturnType<typeof createProductStockStore>

export const createProductStockStore = (database: DataSource) => ({
  /** The stock of those products whose version is higher than the one given for them; pairs of id and version. */
  newerThan: (versions: readonly (readonly [id: string, version: number])[]) =>
    rows(
      database,
      productStock,
      `select product_id as "productId", available, stock.version, occurred_at as "occurredAt"
       from product_stock as stock
       join unnest($1::uuid[], $2::integer[]) as seen (product_id, version) using (product_id)
       where stock.version > seen.version
       order by occurred_at, product_id`,
      [versions.map(([id]) => id), versions.map(([, version]) => version)],
    ),
})

/** Stores a product's stock and wakes its subscribers, unless a newer stock is stored. */
export const storeProductStock = async (
  manager: EntityManager,
  {
    version,
    time,
    data: { productId, available },
  }: Envelope<{ readonly productId: string; readonly available: number }>,
): Promise<void> => {
  const stored = await affected(
    manager,
    `insert into product_stock (product_id, available, version, occurred_at)
     values ($1, $2, $3, $4)
     on conflict (product_id) do update
       set available = excluded.available, version = excluded.version, occurred_at = excluded.occurred_at
       where product_stock.version < excluded.version`,
    [productId, available, version, time],
  )
  if (stored > 0) await announce(manager, topicOf('product', productId))
}
