import { lockAll } from '@supergraph/postgres/ordered-locks.ts'
import { affected, rows } from '@supergraph/postgres/statements.ts'
import type { EntityManager } from 'typeorm'
import { z } from 'zod'
import { type OrderFact, orderFact } from '../domain/order-fact.ts'
import { changeOf, type Sales, salesOf } from '../domain/sales.ts'

/** The facts of one order. */
export type OrderFacts = { readonly orderId: string; readonly facts: readonly OrderFact[] }

/** Stores the new facts of orders and brings the figures up to date; a version that is stored already changes nothing. */
export const recordOrderFacts = async (
  manager: EntityManager,
  orders: readonly OrderFacts[],
): Promise<void> => {
  const orderIds = orders.map(({ orderId }) => orderId)
  // n.b. without the locks, two replicas that handle two facts of one order would both add the order to the figures
  await lockAll(manager, 'order', orderIds)
  const knownOf = await readFacts(manager, orderIds)
  const changed = orders
    .map(({ orderId, facts }) => {
      const known = knownOf.get(orderId) ?? []
      const unknown = new Map(facts.map(fact => [fact.version, fact]))
      for (const { version } of known) unknown.delete(version)
      return { orderId, known, unknown: [...unknown.values()] }
    })
    .filter(({ unknown }) => unknown.length > 0)
  if (changed.length === 0) return
  await affected(
    manager,
    `insert into order_facts (order_id, version, fact)
     select "orderId", (fact ->> 'version')::integer, fact
     from jsonb_to_recordset($1::jsonb) as changed ("orderId" uuid, unknown jsonb)
     cross join jsonb_array_elements(unknown) as fact`,
    [JSON.stringify(changed.map(({ orderId, unknown }) => ({ orderId, unknown })))],
  )
  const before = changed.flatMap(({ known }) => salesOf(known))
  const after = changed.flatMap(({ known, unknown }) => salesOf([...known, ...unknown]))
  await addSales(manager, changeOf(before, after))
}

/** Deletes every order, figure and name; transactions that record events wait meanwhile. */
export const deleteEverything = async (manager: EntityManager): Promise<void> => {
  // n.b. the same order in which transactions that record events lock the tables
  await affected(manager, 'truncate order_facts, daily_sales, product_sales, products')
}

const factRow = z.object({ orderId: z.string(), fact: orderFact })

const readFacts = async (manager: EntityManager, orderIds: readonly string[]) => {
  const known = await rows(
    manager,
    factRow,
    'select order_id as "orderId", fact from order_facts where order_id = any ($1::uuid[])',
    [orderIds],
  )
  const facts = Map.groupBy(known, ({ orderId }) => orderId)
  return new Map([...facts].map(([orderId, rows]) => [orderId, rows.map(({ fact }) => fact)]))
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
