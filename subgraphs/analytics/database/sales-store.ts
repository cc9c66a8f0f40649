import type { EntityManager } from 'typeorm'
import { z } from 'zod'
import { type OrderFact, orderFact } from '../domain/order-fact.ts'
import { changeOf, type Sales, salesOf } from '../domain/sales.ts'

/** Keeps what is new of an order and brings the figures up to date; a version that is kept already changes nothing. */
export const recordOrderFacts = async (
  manager: EntityManager,
  orderId: string,
  facts: readonly OrderFact[],
): Promise<void> => {
  // n.b. or two replicas, each with one fact of the order in hand, would both add the order to the figures
  await manager.query(`select pg_advisory_xact_lock(hashtextextended('order:' || $1, 0))`, [orderId])
  const known = await readFacts(manager, orderId)
  const versions = new Set(known.map(({ version }) => version))
  const unknown = facts.filter(({ version }) => !versions.has(version))
  if (unknown.length === 0) return
  await manager.query(
    `insert into order_facts (order_id, version, fact)
     select $1, (fact ->> 'version')::integer, fact from jsonb_array_elements($2::jsonb) as fact`,
    [orderId, JSON.stringify(unknown)],
  )
  await addSales(manager, changeOf(salesOf(known), salesOf([...known, ...unknown])))
}

/** Forgets every order, figure and name; whoever records meanwhile waits. */
export const forgetEverything = async (manager: EntityManager): Promise<void> => {
  // n.b. in the order in which events lock the tables
  await manager.query('truncate order_facts, daily_sales, product_sales, products')
}

const factRows = z.array(z.object({ fact: orderFact }))

const readFacts = async (manager: EntityManager, orderId: string): Promise<readonly OrderFact[]> => {
  const rows: unknown = await manager.query('select fact from order_facts where order_id = $1', [orderId])
  return factRows.parse(rows).map(({ fact }) => fact)
}

// n.b. always in the order of the keys: other orders' transactions change the same rows
const addSales = async (manager: EntityManager, sales: readonly Sales[]): Promise<void> => {
  if (sales.length === 0) return
  const added = JSON.stringify(sales)
  await manager.query(
    `insert into daily_sales as kept
       (day, product_id, currency, units_sold, units_returned, sold_minor, returned_minor)
     select * from ${salesRows}
     order by day, "productId", currency
     on conflict (day, product_id, currency) do update set
       units_sold = kept.units_sold + excluded.units_sold,
       units_returned = kept.units_returned + excluded.units_returned,
       sold_minor = kept.sold_minor + excluded.sold_minor,
       returned_minor = kept.returned_minor + excluded.returned_minor`,
    [added],
  )
  await manager.query(
    `insert into product_sales as kept (product_id, units_sold)
     select "productId", sum("unitsSold" - "unitsReturned") from ${salesRows}
     group by "productId" order by "productId"
     on conflict (product_id) do update set units_sold = kept.units_sold + excluded.units_sold`,
    [added],
  )
}

const salesRows = `jsonb_to_recordset($1::jsonb) as added (
  day date, "productId" uuid, currency text,
  "unitsSold" bigint, "unitsReturned" bigint, "soldMinor" bigint, "returnedMinor" bigint)`
