import { openDatabases as openLedger } from '@supergraph/ledger/databases.ts'
import { eventsOf } from '@supergraph/ledger/events.ts'
import { inboxesOf } from '@supergraph/ledger/inboxes.ts'
import { ordersOf } from '@supergraph/ledger/orders.ts'
import { productsOf } from '@supergraph/ledger/products.ts'
import { markPublished, nextDueInMs, takeRuns } from '@supergraph/messaging/outbox/outbox.ts'
import { pruneInbox, pruneOutbox } from '@supergraph/messaging/outbox/prune.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { Client } from 'pg'
import { createEmailStore } from '../../subgraphs/notifications/database/email-store.ts'
import { pruneLiveUpdates } from '../../subgraphs/notifications/database/retention.ts'
import { pruneKeys } from '../../subgraphs/orders/database/idempotency-keys.ts'
import { createOrderStore } from '../../subgraphs/orders/database/order-store.ts'
import { createStockStore } from '../../subgraphs/products/database/stock-store.ts'
import { deleteExpired } from '../../subgraphs/users/housekeeping/housekeeping.ts'
import { copyRows } from './copy.ts'
import { sessionUrl } from './fill.ts'
import { type History, idOf } from './history.ts'
import type { Case } from './requests.ts'
import { type GrownName, type GrownSystem, openDatabases } from './system.ts'
import { envelopeOf } from './tables/table.ts'

/** Something that a shop does by itself, once, after what `prepare` does. */
export type Chore = Case & { readonly prepare?: () => Promise<unknown> }

const rowsPerPrune = 15
const idsPerCheck = 100
const aggregatesPerBatch = 500
const batch = { after: '', aggregates: aggregatesPerBatch, runLength: 20 }

/** What sweepers, relays, retention and the ledger do, each on databases whose services do not run. */
export const choresOf = (system: GrownSystem, superuserUrl: string) =>
  startAll(async use => {
    const { databaseUrls, history } = system
    const databases = use(await openDatabases(databaseUrls))
    const ledger = use(await openLedger(databaseUrls))
    const { users, products, orders, notifications } = databases
    const backlog = Math.max(aggregatesPerBatch, Math.floor(history.orderCount / 10))
    const session = new Client({ connectionString: sessionUrl(superuserUrl, databaseUrls.orders) })
    await session.connect()
    await copyRows(
      session,
      'outbox',
      ['message_id', 'aggregate_id', 'envelope'],
      backlogOf(history, backlog),
    ).finally(() => session.end())
    await orders.query('vacuum analyze outbox')

    const store = createOrderStore(orders)
    const stock = createStockStore(products, 900)
    const emails = createEmailStore(notifications)
    /** Makes the oldest rows of a table older than anything that is kept. */
    const age = (service: GrownName, table: string, ...columns: readonly string[]) =>
      databases[service].query(
        `update ${table} set ${columns.map(column => `${column} = ${column} - interval '2 years'`).join(', ')}
         where ctid = any (array(select ctid from ${table} order by ${columns[0]} limit ${rowsPerPrune}))`,
      )
    const everyHundredth = <T>(length: number, of: (place: number) => T): readonly T[] =>
      Array.from({ length: idsPerCheck }, (_, place) => of(Math.floor((place * length) / idsPerCheck)))
    const check = async ({ check }: ReturnType<typeof ordersOf>, ids: readonly string[]) => {
      await check(ids)
    }
    const recent = (place: number) => history.orderAt(history.orderCount - 1 - Math.floor(place / 10))
    const eventIds = await orders.query(
      `select message_id as id from outbox order by id limit ${idsPerCheck}`,
    )

    const chores: readonly Chore[] = [
      {
        name: 'relay: a batch of a backlog',
        isPage: false,
        run: () =>
          orders.transaction(async manager => {
            const runs = await takeRuns(manager, batch)
            await markPublished(
              manager,
              runs.flatMap(({ events }) => events.map(({ id }) => id)),
            )
          }),
      },
      { name: 'relay: when a failed event is due', isPage: false, run: () => nextDueInMs(orders.manager) },
      {
        name: 'sweeper of orders: 20 steps',
        isPage: false,
        prepare: () => orders.query('update orders set step_due_at = now() where step is not null'),
        run: () => store.claimDueSteps(20, () => {}),
      },
      { name: 'sweeper of reservations', isPage: false, run: () => stock.overdueOrders(100, []) },
      { name: 'e-mails that are due', isPage: false, run: () => emails.claim(20, 1_000) },
      { name: 'when an e-mail is due', isPage: false, run: () => emails.nextDueInMs() },
      {
        name: `retention: ${rowsPerPrune} events`,
        isPage: false,
        prepare: () => age('products', 'outbox', 'published_at'),
        run: () => pruneOutbox(products),
      },
      {
        name: `retention: ${rowsPerPrune} handled events`,
        isPage: false,
        prepare: () => age('notifications', 'inbox', 'handled_at'),
        run: () => pruneInbox(notifications, 'notifications.on-order-changed'),
      },
      {
        name: `retention: ${rowsPerPrune} keys`,
        isPage: false,
        prepare: () => age('orders', 'idempotency_keys', 'created_at'),
        run: () => pruneKeys(orders),
      },
      {
        name: `retention: ${rowsPerPrune} notifications`,
        isPage: false,
        prepare: () => age('notifications', 'notifications', 'stored_at'),
        run: () => pruneLiveUpdates(notifications),
      },
      {
        name: `retention: changes of ${rowsPerPrune} orders`,
        isPage: false,
        prepare: () =>
          notifications.query(
            `update order_updates set stored_at = stored_at - interval '2 years' where order_id = any (array(
               select order_id from order_updates where not follows_pruned and type = 'order.placed'
               order by stored_at limit ${rowsPerPrune}))`,
          ),
        run: () => pruneLiveUpdates(notifications),
      },
      {
        name: `retention: ${rowsPerPrune} e-mails`,
        isPage: false,
        prepare: () => age('notifications', 'emails', 'created_at'),
        run: () => emails.tidy(),
      },
      {
        name: `retention: ${rowsPerPrune} sessions`,
        isPage: false,
        prepare: async () => {
          await age('users', 'refresh_tokens', 'expires_at')
          await age('users', 'sessions', 'last_used_at')
        },
        run: () => deleteExpired(users, new Date()),
      },
      {
        name: `ledger: ${idsPerCheck} orders of the year`,
        isPage: false,
        run: () =>
          check(
            ordersOf(ledger),
            everyHundredth(history.orderCount, place => history.orderAt(place).id),
          ),
      },
      {
        name: `ledger: the newest ${idsPerCheck} orders`,
        isPage: false,
        run: () =>
          check(
            ordersOf(ledger),
            Array.from({ length: idsPerCheck }, (_, place) => recent(place * 10).id),
          ),
      },
      {
        name: `ledger: ${idsPerCheck} products`,
        isPage: false,
        run: () =>
          check(
            productsOf(ledger),
            everyHundredth(history.productIds.length, place => history.productIds[place] ?? ''),
          ),
      },
      {
        name: `ledger: notifications of ${idsPerCheck} users`,
        isPage: false,
        run: () => check(inboxesOf(ledger), everyHundredth(history.customers, history.customerId)),
      },
      {
        name: `ledger: ${idsPerCheck} events`,
        isPage: false,
        run: () => check(eventsOf(ledger.orders, ledger), idsIn(eventIds)),
      },
    ]
    return { chores }
  })

const idsIn = (rows: readonly { readonly id: string }[]): readonly string[] => rows.map(({ id }) => id)

/** Events of orders that nobody has published yet. */
function* backlogOf(history: History, count: number) {
  for (let number = 0; number < count; number += 1) {
    const order = history.orderAt(number % history.orderCount)
    const id = idOf('event', history.orderCount * 8 + number, history.endMs)
    const event = { id, type: 'order.placed', subject: id, version: 1 }
    yield [event.id, event.subject, envelopeOf('orders', event, order)]
  }
}
