import { rebuild } from '@supergraph/analytics/consumers/rebuild.ts'
import { openAnalyticsDatabase } from '@supergraph/analytics/database/open.ts'
import { countOrders, pastEvents } from '@supergraph/orders/database/past-events.ts'
import { tables as orderTables } from '@supergraph/orders/database/tables.ts'
import { openDatabase } from '@supergraph/postgres/data-source.ts'
import { productsAsEvents } from '@supergraph/products/database/product-events.ts'
import { tables as productTables } from '@supergraph/products/database/tables.ts'
import type { Variables } from '@supergraph/runtime/environment.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { parseArguments, runCommand, withProgress } from '../command-line.ts'
import { readDatabaseUrls } from '../database-urls.ts'

const help = `npm run analytics:rebuild

Empties the database of analytics and counts all sales anew, from the history that the databases of orders and products
keep. The system may run meanwhile: each order still counts once, and readers see the figures grow. If the command is
interrupted, run it again.

ANALYTICS_DATABASE_URL, ORDERS_DATABASE_URL and PRODUCTS_DATABASE_URL name the databases; without them, the command uses
those of the running npm start.

  --help  this text`

/** Opens the three databases; the two that are only read are not migrated, which is for their own services to do. */
const open = async (variables: Variables) => {
  const urls = await readDatabaseUrls('analytics:rebuild', ['analytics', 'orders', 'products'], variables)
  return startAll(async use => {
    const read = { migrations: [], poolSize: 1 }
    const orders = await openDatabase({
      ...read,
      service: 'orders',
      url: urls.orders,
      tables: orderTables,
    })
    use({ stop: () => orders.destroy() })
    const products = await openDatabase({
      ...read,
      service: 'products',
      url: urls.products,
      tables: productTables,
    })
    use({ stop: () => products.destroy() })
    const analytics = await openAnalyticsDatabase(urls.analytics)
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
