import type { EntityManager } from 'typeorm'

/** What a product was called at `namedAt`; `version` 0 where an order says so and not the catalogue. */
export type ProductName = {
  readonly productId: string
  readonly name: string
  readonly sku: string
  readonly isArchived: boolean
  readonly version: number
  /** ISO 8601. */
  readonly namedAt: string
}

/** Keeps the names unless something newer is known; what the catalogue says is newer than what orders say. */
export const keepProductNames = async (
  manager: EntityManager,
  names: readonly ProductName[],
): Promise<void> => {
  if (names.length === 0) return
  // n.b. in the order of the keys, and of two names of one product the newer: a statement can't change a row twice
  await manager.query(
    `insert into products as kept (product_id, name, sku, is_archived, version, named_at)
     select distinct on ("productId") "productId", name, sku, "isArchived", version, "namedAt"
     from jsonb_to_recordset($1::jsonb) as given (
       "productId" uuid, name text, sku text, "isArchived" boolean, version integer, "namedAt" timestamptz)
     order by "productId", version desc, "namedAt" desc, name desc, sku desc
     on conflict (product_id) do update set
       name = excluded.name, sku = excluded.sku, is_archived = excluded.is_archived,
       version = excluded.version, named_at = excluded.named_at
     where (kept.version, kept.named_at, kept.name, kept.sku)
       < (excluded.version, excluded.named_at, excluded.name, excluded.sku)`,
    [JSON.stringify(names)],
  )
}
