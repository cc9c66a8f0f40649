import { z } from 'zod'
import type { Databases } from './databases.ts'
import { countRows, idPages, type Subject } from './subject.ts'
import { type Violation, violation } from './violations.ts'

/** Checks the stock of products. */
export const productsOf = (databases: Databases): Subject => ({
  count: () => countRows(databases.products, 'products'),
  pages: () => idPages(databases.products, 'select id from products where id > $1 order by id limit $2'),
  check: async ids =>
    (await readStock(databases, ids)).map(stock => ({
      id: stock.id,
      violations: checkStock(stock),
      totals: { products: 1 },
    })),
})

/** A product's units must agree with its movements and its reservations, and with what notifications knows of them. */
export const checkStock = (stock: ProductStock): readonly Violation[] => [
  ...shelfDisagrees(stock),
  ...stockUpdates(stock),
]

const productRecord = z.object({
  id: z.string(),
  onHand: z.number(),
  reserved: z.number(),
  /** The units that can be ordered. */
  orderable: z.number(),
  version: z.number(),
  hasEventsWaiting: z.boolean(),
  movedOnHand: z.number(),
  movedReserved: z.number(),
  reservedByOrders: z.number(),
})

const toldStock = z.object({ id: z.string(), available: z.number(), version: z.number() })

/** A product with its movements and its live reservations; `told` is what notifications knows of it, if anything. */
export type ProductStock = z.output<typeof productRecord> & {
  readonly told: z.output<typeof toldStock> | null
}

const readStock = async (
  { products, notifications }: Databases,
  ids: readonly string[],
): Promise<readonly ProductStock[]> => {
  // n.b. in this order: what notifications knows is never newer than the product
  const told = await notifications.rows(
    toldStock,
    'select product_id as id, available, version from product_stock where product_id = any ($1::uuid[])',
    [ids],
  )
  const found = await products.rows(productRecord, stockQuery, [ids])
  const toldOf = new Map(told.map(stock => [stock.id, stock]))
  return found.map(product => ({ ...product, told: toldOf.get(product.id) ?? null }))
}

const stockQuery = `
  with moved as (
    select product_id, sum(on_hand_delta)::float8 as on_hand, sum(reserved_delta)::float8 as reserved
    from stock_movements where product_id = any ($1::uuid[]) group by product_id
  ), held as (
    select product_id, sum(quantity)::float8 as quantity
    from reservations join reservation_lines using (order_id)
    where state = 'RESERVED' and product_id = any ($1::uuid[]) group by product_id
  ), waiting as materialized (
    select aggregate_id from outbox
    where coalesce(published_at, dead_at) is null and aggregate_id = any ($1::text[])
    union
    select aggregate_id from outbox where dead_letters <> '[]' and published_at is null
  )
  select id, products.on_hand as "onHand", products.reserved, version,
    case when archived_at is null then available else 0 end as orderable,
    coalesce(moved.on_hand, 0) as "movedOnHand", coalesce(moved.reserved, 0) as "movedReserved",
    coalesce(held.quantity, 0) as "reservedByOrders",
    products.id::text in (select aggregate_id from waiting) as "hasEventsWaiting"
  from products left join moved on moved.product_id = products.id left join held on held.product_id = products.id
  where id = any ($1::uuid[])`

const shelfDisagrees = (stock: ProductStock): readonly Violation[] => {
  const { id, onHand, reserved, movedOnHand, movedReserved, reservedByOrders } = stock
  const problems = [
    onHand === movedOnHand ? '' : `${onHand} on hand, its movements say ${movedOnHand}`,
    reserved === movedReserved ? '' : `${reserved} reserved, its movements say ${movedReserved}`,
    reserved === reservedByOrders ? '' : `${reserved} reserved, its reservations say ${reservedByOrders}`,
    0 <= reserved && reserved <= onHand ? '' : `${reserved} of ${onHand} reserved`,
  ].filter(problem => problem !== '')
  return problems.length === 0 ? [] : [violation('shelf-disagrees', id, problems.join('; '))]
}

const stockUpdates = ({
  id,
  version,
  orderable,
  hasEventsWaiting,
  told,
}: ProductStock): readonly Violation[] => {
  if (hasEventsWaiting || (told === null && version === 1)) return []
  if (told === null || told.version < version) {
    const detail = `version ${version}, notifications knows ${told?.version ?? 'none'}`
    return [violation('update-missing', id, detail)]
  }
  if (told.version === version && told.available === orderable) return []
  const detail = `${orderable} in version ${version}, notifications says ${told.available} in ${told.version}`
  return [violation('update-unfounded', id, detail)]
}
