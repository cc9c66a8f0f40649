import { affected, rows } from '@supergraph/postgres/statements.ts'
import type { EntityManager } from 'typeorm'
import { z } from 'zod'
import { type OrderFact, orderFact } from '../domain/order-fact.ts'
import { changeOf, type Sales, salesOf } from '../domain/sales.ts'

/** Stores the new facts of an order and brings the figures up to date; a version that is stored already changes nothing. */
export const recordOrderFacts = async (
  manager: EntityManager,
  orderId: string,
  facts: readonly OrderFact[],
): Promise<void> => {
  await lockOrder(manager, orderId)
  const known = await readFacts(manager, orderId)
  const versions = new Set(known.map(({ version }) => version))
  const unknown = facts.filter(({ version }) => !versions.has(version))
  if (unknown.length === 0) return
  await affected(
    manager,
    `insert into order_facts (order_id, version, fact)
     select $1, (fact ->> 'version')::integer, fact from jsonb_array_elements($2::jsonb) as fact`,
    [orderId, JSON.stringify(unknown)],
  )
  await addSales(manager, changeOf(salesOf(known), salesOf([...known, ...unknown])))
}

/** Deletes every order, figure and name; transactions that record events wait meanwhile. */
export const deleteEverything = async (manager: EntityManager): Promise<void> => {
  // n.b. the same order in which transactions that record events lock the tables
  await affected(manager, 'truncate order_facts, daily_sales, product_sales, products')
}

// n.b. without the lock, two replicas that handle two facts of one order would both add the order to the figures
const lockOrder = (manager: EntityManager, orderId: string) =>
  affected(manager, `select pg_advisory_xact_lock(hashtextextended('order:' || $1, 0))`, [orderId])

const factRow = z.object({ fact: orderFact })

const readFacts = async (manager: EntityManager, orderId: string): Promise<readonly OrderFact[]> => {
  const known = await rows(manager, factRow, 'select fact from order_facts where order_id = $1', [orderId])
  return known.map(({ fact }) => fact)
}

// n.b. rows are written in the order of their keys, since transactions of other orders lock the same rows
const addSales = async (manager: EntityManager, sales: readonly Sales[]): Promise<void> => {
  if (sales.length === 0) return
  const added = JSON.stringify(sales)
  await affected(
    manager,
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
  await affected(
    manager,
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
