import { queues } from '@supergraph/analytics/consumers/queues.ts'
import { openAnalyticsDatabase } from '@supergraph/analytics/database/open.ts'
import { readEnvironment } from '@supergraph/analytics/environment.ts'
import { startAnalytics } from '@supergraph/analytics/server.ts'
import type { Envelope } from '@supergraph/messaging/envelope.ts'
import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { messagingMigrations } from '@supergraph/messaging/migration.ts'
import { publishUntilHandled } from '@supergraph/messaging/tests/test-namespace.ts'
import { CreateOrders1767571200000 } from '@supergraph/orders/database/migrations/1767571200000-create-orders.ts'
import { AddPayments1795171200000 } from '@supergraph/orders/database/migrations/1795171200000-add-payments.ts'
import { TraceOrders1796659200000 } from '@supergraph/orders/database/migrations/1796659200000-trace-orders.ts'
import { AwaitPayments1796745600000 } from '@supergraph/orders/database/migrations/1796745600000-await-payments.ts'
import { SettlePayments1796918400000 } from '@supergraph/orders/database/migrations/1796918400000-settle-payments.ts'
import { tables as orderTables } from '@supergraph/orders/database/tables.ts'
import { playRandomOrders } from '@supergraph/orders/tests/random-orders.ts'
import { type Migration, openDatabase } from '@supergraph/postgres/data-source.ts'
import { createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { CreateThrottleCounts1795190400000 } from '@supergraph/postgres/throttle/migration.ts'
import { CreateCatalogue1767600000000 } from '@supergraph/products/database/migrations/1767600000000-create-catalogue.ts'
import { SplitStock1795171200000 } from '@supergraph/products/database/migrations/1795171200000-split-stock.ts'
import { AddCatalogueVersion1795777800000 } from '@supergraph/products/database/migrations/1795777800000-add-catalogue-version.ts'
import { createProductStore } from '@supergraph/products/database/product-store.ts'
import { tables as productTables } from '@supergraph/products/database/tables.ts'
import { createIdentityKeys } from '@supergraph/runtime/identity-keys.ts'
import { startAll, type Use } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import fc from 'fast-check'
import type { DataSource } from 'typeorm'
import { expect, it, onTestFinished } from 'vitest'
import { startProcess } from '../../testbed/processes.ts'

it('counts from nothing what live events have counted, also while live events come in', async () => {
  const shop = await createShop()
  await shop.sell(150)
  const live = await shop.startAnalytics()
  const rebuilt = await shop.createAnalyticsDatabase()
  await live.publish(await shop.events())

  const first = await shop.rebuild(rebuilt.url)
  expect(first).toMatch(/150 orders in/)
  expect(await rebuilt.figures()).toEqual(await live.figures())

  const busy = await shop.startAnalytics(rebuilt.url)
  await rebuilt.damage()
  const before = await shop.events()
  const rebuilding = shop.rebuild(rebuilt.url)
  await shop.sell(60)
  const all = await shop.events()
  await busy.publish(all.slice(before.length))
  await rebuilding
  await live.publish(all)
  expect(await rebuilt.figures()).toEqual(await live.figures())
})

it('says what is missing if nothing runs', async () => {
  const command = startProcess(['commands/analytics/rebuild-analytics.ts'], { DATA_DIR: '/nowhere/at-all' })
  expect(await command.exited).toBe(1)
  expect(command.output()).toContain('without a running npm start')
  expect(command.output()).toContain('ANALYTICS_DATABASE_URL')
})

/** The databases of orders and products, with events in their outboxes, and databases of analytics beside them. */
const createShop = async () => {
  const shop = await startAll(async use => {
    const orders = await openTestDatabase(use, 'orders', orderTables, [
      CreateThrottleCounts1795190400000,
      CreateOrders1767571200000,
      AddPayments1795171200000,
      TraceOrders1796659200000,
      AwaitPayments1796745600000,
      SettlePayments1796918400000,
    ])
    const products = await openTestDatabase(use, 'products', productTables, [
      CreateCatalogue1767600000000,
      SplitStock1795171200000,
      AddCatalogueVersion1795777800000,
    ])
    const catalogue = createProductStore(products.dataSource)
    const productIds = await Array.fromAsync(['Mug', 'Pot', 'Pan', 'Lid'], async name => {
      const product = await catalogue.create({ ...newProduct, sku: name, name }, 'staff')
      return product?.id ?? ''
    })
    await catalogue.update(productIds[0] ?? '', { name: 'Big mug' })
    await catalogue.archive(productIds[3] ?? '', 'staff')

    const createAnalyticsDatabase = async () => {
      const database = await createTestDatabase()
      use({ stop: database.drop })
      return { url: database.url, figures: () => figuresIn(database.url), damage: () => damage(database.url) }
    }
    return {
      createAnalyticsDatabase,
      sell: (count: number) => playRandomOrders(orders.dataSource, productIds, count),
      events: async () => [...(await eventsIn(products.dataSource)), ...(await eventsIn(orders.dataSource))],
      startAnalytics: async (url?: string) => {
        const database = url === undefined ? await createAnalyticsDatabase() : undefined
        const publish = await startAnalyticsOn(use, url ?? database?.url ?? '')
        return { publish, figures: async () => database?.figures() }
      },
      rebuild: async (analyticsUrl: string) => {
        const command = startProcess(['commands/analytics/rebuild-analytics.ts'], {
          ANALYTICS_DATABASE_URL: analyticsUrl,
          ORDERS_DATABASE_URL: orders.url,
          PRODUCTS_DATABASE_URL: products.url,
        })
        expect([await command.exited, command.output()]).toEqual([0, expect.anything()])
        return command.output()
      },
    }
  })
  onTestFinished(shop.stop)
  return shop
}

const newProduct = { description: '', priceMinor: 1_000, currency: 'EUR', available: 10 }

const openTestDatabase = async (
  use: Use,
  service: string,
  tables: Parameters<typeof openDatabase>[0]['tables'],
  migrations: readonly Migration[],
) => {
  const { url, drop } = await createTestDatabase()
  use({ stop: drop })
  const dataSource = await openDatabase({
    service,
    url,
    tables,
    migrations: [...messagingMigrations, ...migrations],
  })
  use({ stop: () => dataSource.destroy() })
  return { url, dataSource }
}

/** Starts analytics and gives what publishes events to it: in any order, and some of them twice. */
const startAnalyticsOn = async (use: Use, url: string) => {
  const { issuers } = await createIdentityKeys(['gateway'])
  const transport = use(createInProcessTransport({ logger: createLogger('test', 'silent') }))
  const variables = { DATABASE_URL: url, IDENTITY_ISSUERS: issuers, PORT: '0', LOG_LEVEL: 'silent' }
  use(await startAnalytics(readEnvironment(variables), transport))
  return async (events: readonly Envelope[]) => {
    const all = [...events, ...events.slice(0, 50)]
    const length = { minLength: all.length, maxLength: all.length }
    const [shuffled = []] = fc.sample(fc.shuffledSubarray(all, length), 1)
    await Promise.all(shuffled.map(event => publishUntilHandled(transport, event)))
  }
}

const consumed = Object.values(queues).flatMap(({ events }) => events.map(({ type }) => type))

const eventsIn = async (dataSource: DataSource): Promise<readonly Envelope[]> => {
  const rows: readonly { readonly envelope: Envelope }[] = await dataSource.query(
    'select envelope from outbox where envelope ->> $1 = any ($2) order by id',
    ['type', consumed],
  )
  return rows.map(({ envelope }) => envelope)
}

const withDatabase = async <T>(url: string, work: (dataSource: DataSource) => Promise<T>): Promise<T> => {
  const dataSource = await openAnalyticsDatabase(url)
  return work(dataSource).finally(() => dataSource.destroy())
}

const figuresIn = (url: string) =>
  withDatabase(url, async dataSource => ({
    days: await dataSource.query(
      `select day::text, product_id, currency, units_sold, units_returned, sold_minor, returned_minor
       from daily_sales where (units_sold, units_returned, sold_minor, returned_minor) <> (0, 0, 0, 0)
       order by day, product_id, currency`,
    ),
    products: await dataSource.query(
      'select product_id, units_sold from product_sales where units_sold <> 0 order by product_id',
    ),
    names: await dataSource.query(
      'select product_id, name, sku, is_archived from products order by product_id',
    ),
    facts: await dataSource.query('select * from order_facts order by order_id, version'),
  }))

const damage = (url: string) =>
  withDatabase(url, dataSource =>
    dataSource.query(
      `update daily_sales set sold_minor = sold_minor + 1; update product_sales set units_sold = 7;
       delete from order_facts where version = 2`,
    ),
  )
