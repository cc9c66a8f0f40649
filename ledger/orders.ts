import { isUuid } from '@supergraph/runtime/uuid.ts'
import { z } from 'zod'
import type { Database, Databases } from './databases.ts'
import { disputeRules } from './dispute-rules.ts'
import { newsRules, newsWithoutOrder } from './news-rules.ts'
import { readOrders } from './order-reader.ts'
import type { OrderRecords } from './order-records.ts'
import { orderRules } from './order-rules.ts'
import { chargeWithoutOrder, paymentRules } from './payment-rules.ts'
import { reservationWithoutOrder, stockRules } from './stock-rules.ts'
import { countRows, idPages, noUuid, type Subject } from './subject.ts'
import { totalsOfOrder } from './totals.ts'
import type { Violation } from './violations.ts'

/** Checks orders, and what other databases have under an order id that orders does not know. */
export const ordersOf = (databases: Databases): Subject => ({
  count: () => countRows(databases.orders, 'orders'),
  pages: () => orderIds(databases),
  check: async ids =>
    (await readOrders(databases, ids)).map(records => ({
      id: records.orderId,
      violations: checkOrder(records),
      totals: totalsOfOrder(records),
    })),
})

const rules = [...orderRules, ...paymentRules, ...disputeRules, ...stockRules, ...newsRules]

/** Everything that disagrees about an order. */
export const checkOrder = (records: OrderRecords): readonly Violation[] => {
  const { order } = records
  return order === null
    ? [...chargeWithoutOrder(records), ...reservationWithoutOrder(records), ...newsWithoutOrder(records)]
    : rules.flatMap(rule => rule(order, records))
}

/** The ids of all orders, and then those that other databases know and orders does not. */
async function* orderIds(databases: Databases): AsyncGenerator<readonly string[]> {
  yield* idPages(databases.orders, 'select id from orders where id > $1 order by id limit $2')
  const strangers = new Set<string>()
  for (const { database, sql, first } of otherSources) {
    for await (const ids of idPages(databases[database], sql, first)) {
      const unknown = (await unknownOrders(databases.orders, ids)).filter(id => !strangers.has(id))
      for (const id of unknown) strangers.add(id)
      if (unknown.length > 0) yield unknown
    }
  }
}

const otherSources = [
  {
    database: 'products',
    sql: 'select order_id as id from reservations where order_id > $1 order by order_id limit $2',
    first: noUuid,
  },
  {
    database: 'notifications',
    sql: 'select distinct order_id as id from order_updates where order_id > $1 order by order_id limit $2',
    first: noUuid,
  },
  {
    database: 'notifications',
    sql: 'select order_id as id, id as key from notifications where id > $1 and order_id is not null order by notifications.id limit $2',
    first: noUuid,
  },
  {
    database: 'payment-simulator',
    sql: `select coalesce(order_id, '') as id, id as key from payment_intents where payment_intents.id > $1 order by payment_intents.id limit $2`,
    first: '',
  },
] as const

const idRow = z.object({ id: z.string() })

const unknownOrders = async (orders: Database, ids: readonly string[]): Promise<readonly string[]> => {
  const rows = await orders.rows(idRow, 'select id from orders where id = any ($1::uuid[])', [
    ids.filter(isUuid),
  ])
  const known = new Set(rows.map(({ id }) => id))
  return ids.filter(id => !known.has(id))
}
