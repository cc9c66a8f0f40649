import { rebuild } from '@supergraph/analytics/consumers/rebuild.ts'
import { openAnalyticsDatabase } from '@supergraph/analytics/database/open.ts'
import { countOrders, pastEvents } from '@supergraph/orders/database/past-events.ts'
import { tables as orderTables } from '@supergraph/orders/database/tables.ts'
import { openDatabase } from '@supergraph/postgres/data-source.ts'
import { productsAsEvents } from '@supergraph/products/database/product-events.ts'
import { tables as productTables } from '@supergraph/products/database/tables.ts'
import { databaseUrl, parseEnvironment, type Variables } from '@supergraph/runtime/environment.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { z } from 'zod'
import { embeddedDatabaseUrl } from '../../embedded/data-directory.ts'
import { databaseSettingOf, readSettings } from '../../embedded/settings.ts'
import { parseArguments, runCommand, withProgress } from '../command-line.ts'

const help = `npm run analytics:rebuild

Empties the database of analytics and counts all sales anew, from the history that the databases of orders and products
keep. The system may run meanwhile: each order still counts once, and readers see the figures grow. If the command is
interrupted, run it again.

ANALYTICS_DATABASE_URL, ORDERS_DATABASE_URL and PRODUCTS_DATABASE_URL name the databases; without them, the command uses
those of the running npm start.

  --help  this text`

const urlVariables = z.object({
  ANALYTICS_DATABASE_URL: databaseUrl('analytics'),
  ORDERS_DATABASE_URL: databaseUrl('orders'),
  PRODUCTS_DATABASE_URL: databaseUrl('products'),
})

const readUrls = async (variables: Variables) => {
  const { DATA_DIR } = readSettings(variables)
  const known = await Promise.all(
    (['analytics', 'orders', 'products'] as const).map(async service => {
      const setting = databaseSettingOf(service)
      return [setting, variables[setting] || (await embeddedDatabaseUrl(DATA_DIR, service))] as const
    }),
  )
  const isComplete = known.every(([, url]) => url !== undefined)
  const command = isComplete ? 'analytics:rebuild' : 'without a running npm start, analytics:rebuild'
  return parseEnvironment(command, urlVariables, Object.fromEntries(known))
}

/** Opens the three databases; the two that are only read are not migrated, which is for their own services to do. */
const open = async (variables: Variables) => {
  const urls = await readUrls(variables)
  return startAll(async use => {
    const read = { migrations: [], poolSize: 1 }
    const orders = await openDatabase({
      ...read,
      service: 'orders',
      url: urls.ORDERS_DATABASE_URL,
      tables: orderTables,
    })
    use({ stop: () => orders.destroy() })
    const products = await openDatabase({
      ...read,
      service: 'products',
      url: urls.PRODUCTS_DATABASE_URL,
      tables: productTables,
    })
    use({ stop: () => products.destroy() })
    const analytics = await openAnalyticsDatabase(urls.ANALYTICS_DATABASE_URL)
    use({ stop: () => analytics.destroy() })
    return { orders, products, analytics }
  })
}

await runCommand(help, async () => {
  parseArguments()
  const { orders, products, analytics, stop } = await open(process.env)
  const startedAtMs = Date.now()
  let count = 0
  try {
    await withProgress('counting orders', await countOrders(orders), async add => {
      async function* history() {
        yield* productsAsEvents(products)
        yield* pastEvents(orders)
      }
      await rebuild(analytics, history(), events => {
        const placed = events.filter(({ type }) => type === 'order.placed').length
        count += placed
        add(placed)
      })
    })
  } finally {
    await stop()
  }
  console.log(`${count} orders in ${((Date.now() - startedAtMs) / 1_000).toFixed(1)} s`)
})
