import { affected } from '@supergraph/postgres/statements.ts'
import type { EntityManager } from 'typeorm'

/** The name of a product at `namedAt`; `version` is 0 if the name comes from an order and not from the catalogue. */
export type ProductName = {
  readonly productId: string
  readonly name: string
  readonly sku: string
  readonly isArchived: boolean
  readonly version: number
  /** ISO 8601. */
  readonly namedAt: string
}

/** Stores the names unless newer ones are stored; names from the catalogue count as newer than names from orders. */
export const storeProductNames = async (
  manager: EntityManager,
  names: readonly ProductName[],
): Promise<void> => {
  if (names.length === 0) return
  // n.b. in the order of the keys, against deadlocks; and one name per product, since a statement can't change a row twice
  await affected(
    manager,
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
