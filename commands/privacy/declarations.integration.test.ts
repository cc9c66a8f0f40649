import { openAnalyticsDatabase } from '@supergraph/analytics/database/open.ts'
import { openConsoleDatabase } from '@supergraph/console/database/open.ts'
import { openNotificationsDatabase } from '@supergraph/notifications/database/open.ts'
import { openOrdersDatabase } from '@supergraph/orders/database/open.ts'
import { openPaymentSimulatorDatabase } from '@supergraph/payment-simulator/database/open.ts'
import { createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { openProductsDatabase } from '@supergraph/products/database/open.ts'
import { openRegistryDatabase } from '@supergraph/registry/database/open.ts'
import { openUsersDatabase } from '@supergraph/users/database/open.ts'
import { expect, it, onTestFinished } from 'vitest'
import { readRows } from '../../testbed/rows.ts'
import { declaredColumns, readDeclarations } from './declarations.ts'

const opens = {
  'payment-simulator': openPaymentSimulatorDatabase,
  users: openUsersDatabase,
  products: openProductsDatabase,
  orders: openOrdersDatabase,
  notifications: openNotificationsDatabase,
  analytics: openAnalyticsDatabase,
  console: openConsoleDatabase,
  registry: openRegistryDatabase,
}

const declarations = await readDeclarations()

it('knows how to open the database of every service', () => {
  expect(declarations.map(({ service }) => service)).toEqual(Object.keys(opens))
})

it.each(Object.entries(opens))('%s declares every column of its database once', async (name, open) => {
  const { url, drop } = await createTestDatabase()
  onTestFinished(drop)
  const { stop } = await open(url)
  await stop()
  const columns = await readRows<{ table: string; columns: readonly string[] }>(
    url,
    `select table_name as table, array_agg(column_name::text order by column_name::text collate "C") as columns
     from information_schema.columns where table_schema = 'public' group by table_name`,
  )
  const declared = declarations.find(({ service }) => service === name)?.privacy ?? {}
  expect(
    Object.fromEntries(Object.entries(declared).map(([table, privacy]) => [table, declaredColumns(privacy)])),
  ).toEqual(Object.fromEntries(columns.map(({ table, columns }) => [table, columns])))
})
