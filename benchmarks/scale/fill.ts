import { Client } from 'pg'
import type { DataSource } from 'typeorm'
import type { Plan } from '../../testbed/system/plan.ts'
import { fillCatalogue } from '../search/catalogue.ts'
import { copyRows } from './copy.ts'
import { createHistory, type History, type Sizes } from './history.ts'
import { analyticsTables } from './tables/analytics.ts'
import { notificationsTables } from './tables/notifications.ts'
import { ordersTables } from './tables/orders.ts'
import { productsTables } from './tables/products.ts'
import { firstOrderNumber } from './tables/table.ts'
import { usersTables } from './tables/users.ts'

export type Urls = Plan['databaseUrls']

const unitsOfAProduct = 100_000_000
/** How many products are sold out in the smallest shop, too. */
const soldOut = 50
/** Fills migrated databases with a year of a shop as it is after pruning, and gives what there is; the same sizes give the same shop. */
export const fillDatabases = async (
  {
    urls,
    superuserUrl,
    catalogue,
  }: { readonly urls: Urls; readonly superuserUrl: string; readonly catalogue: DataSource },
  sizes: Sizes,
): Promise<History> => {
  await fillCatalogue(catalogue, 'scale', sizes.products)
  const productIds = await readIds(catalogue)
  await catalogue.query('update products set on_hand = $2 where id = $1', [productIds[0], unitsOfAProduct])
  await catalogue.query('update products set on_hand = 0 where id = any ($1)', [
    productIds.slice(1, 1 + soldOut),
  ])
  const history = createHistory(sizes, productIds, Date.now())
  for (const service of ['users', 'products', 'orders', 'notifications', 'analytics'] as const) {
    const session = new Client({ connectionString: sessionUrl(superuserUrl, urls[service]) })
    await session.connect()
    try {
      // n.b. rows are copied without their triggers and foreign keys
      await session.query('set session_replication_role = replica')
      for (const { table, columns, rows } of tablesOf[service](history))
        await copyRows(session, table, columns, rows)
      if (service === 'orders')
        await session.query(`select setval('order_numbers', $1)`, [firstOrderNumber + sizes.orders])
      await session.query('vacuum analyze')
    } finally {
      await session.end()
    }
  }
  return history
}

/** A superuser's URL of a service's database. */
export const sessionUrl = (superuserUrl: string, url: string): string => {
  const session = new URL(superuserUrl)
  session.pathname = new URL(url).pathname
  return session.href
}

const readIds = async (catalogue: DataSource): Promise<readonly string[]> => {
  const rows: readonly { readonly id: string }[] = await catalogue.query(
    'select id from products order by created_at, id',
  )
  return rows.map(({ id }) => id)
}

const tablesOf = {
  users: usersTables,
  products: productsTables,
  orders: ordersTables,
  notifications: notificationsTables,
  analytics: analyticsTables,
}
