import { isUuid } from '@supergraph/runtime/uuid.ts'
import { z } from 'zod'
import type { Database, Ledger } from './databases.ts'

const rowsPerPage = 2_000

/** The ids of all orders, in pages, and then those that other databases know and orders does not. */
export async function* orderIds(ledger: Ledger): AsyncGenerator<readonly string[]> {
  yield* idPages(ledger.orders, 'select id from orders where id > $1 order by id limit $2')
  const strangers = new Set<string>()
  for (const source of orderSources) {
    for await (const ids of idPages(ledger[source.database], source.sql, source.first)) {
      const unknown = (await unknownOrders(ledger.orders, ids)).filter(id => !strangers.has(id))
      for (const id of unknown) strangers.add(id)
      if (unknown.length > 0) yield unknown
    }
  }
}

/** The ids of all products, in pages. */
export const productIds = ({ products }: Ledger) =>
  idPages(products, 'select id from products where id > $1 order by id limit $2')

/** The ids of all users who have notifications, in pages. */
export const inboxIds = ({ notifications }: Ledger) =>
  idPages(
    notifications,
    'select user_id as id from user_counters where user_id > $1 order by user_id limit $2',
  )

/** In SQL: whether an event has not left its outbox, or should have reached a new user. */
export const isOpenEvent = `(published_at is null or envelope ->> 'type' = 'user.registered')`

/** The message ids of such events, in pages. */
export const eventIds = (publisher: Database) =>
  idPages(
    publisher,
    `select message_id as id, outbox.id as key from outbox
     where outbox.id > $1 and ${isOpenEvent}
     order by outbox.id limit $2`,
    '0',
  )

const noUuid = '00000000-0000-0000-0000-000000000000'

// n.b. `key` is what the pages are ordered by
const orderSources = [
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
    database: 'paymentSimulator',
    sql: `select coalesce(order_id, '') as id, id as key from payment_intents where payment_intents.id > $1 order by payment_intents.id limit $2`,
    first: '',
  },
] as const

const idRow = z.object({ id: z.string(), key: z.string().optional() })

async function* idPages(
  database: Database,
  sql: string,
  first: string = noUuid,
): AsyncGenerator<readonly string[]> {
  for (let after = first; ; ) {
    const rows = await database.rows(idRow, sql, [after, rowsPerPage])
    const last = rows.at(-1)
    if (last === undefined) return
    yield [...new Set(rows.map(({ id }) => id))]
    // n.b. what is written meanwhile comes after the last page: without an end, a busy shop would never be read whole
    if (rows.length < rowsPerPage) return
    after = last.key ?? last.id
  }
}

const unknownOrders = async (orders: Database, ids: readonly string[]): Promise<readonly string[]> => {
  const rows = await orders.rows(idRow, 'select id from orders where id = any ($1::uuid[])', [
    ids.filter(isUuid),
  ])
  const known = new Set(rows.map(({ id }) => id))
  return ids.filter(id => !known.has(id))
}
