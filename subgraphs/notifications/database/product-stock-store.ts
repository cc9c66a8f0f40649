import type { Envelope } from '@supergraph/messaging/envelope.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { announce, topicOf } from './announcements.ts'
import type { ProductStockRow } from './tables.ts'

/** Reads the products' stock. */
export type ProductStockStore = {
  /** The stock of those products whose version is past the one given for them; pairs of id and version. */
  readonly newerThan: (
    versions: readonly (readonly [id: string, version: number])[],
  ) => Promise<readonly ProductStockRow[]>
}

export const createProductStockStore = (dataSource: DataSource): ProductStockStore => ({
  newerThan: versions =>
    dataSource.query(
      `select product_id as "productId", available, stock.version, occurred_at as "occurredAt"
       from product_stock as stock
       join unnest($1::uuid[], $2::integer[]) as seen (product_id, version) using (product_id)
       where stock.version > seen.version
       order by occurred_at, product_id`,
      [versions.map(([id]) => id), versions.map(([, version]) => version)],
    ),
})

/** Keeps a product's stock and wakes those who watch it, unless something newer is known. */
export const keepProductStock = async (
  manager: EntityManager,
  {
    version,
    time,
    data: { productId, available },
  }: Envelope<{ readonly productId: string; readonly available: number }>,
): Promise<void> => {
  const kept: readonly unknown[] = await manager.query(
    `insert into product_stock (product_id, available, version, occurred_at)
     values ($1, $2, $3, $4)
     on conflict (product_id) do update
       set available = excluded.available, version = excluded.version, occurred_at = excluded.occurred_at
       where product_stock.version < excluded.version
     returning version`,
    [productId, available, version, time],
  )
  if (kept.length > 0) await announce(manager, topicOf('product', productId))
}
