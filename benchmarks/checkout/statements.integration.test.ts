import { Client, escapeIdentifier } from 'pg'
import { afterAll, expect, it } from 'vitest'
import { prepareCheckoutSystem } from './checkout-system.ts'
import { fewestStatements } from './fewest.ts'
import { openFloor } from './floor.ts'
import { recordCheckouts } from './recording.ts'
import { checkoutServices } from './services.ts'
import { openShop } from './shop.ts'

const most = { statements: 20, transactions: 6 }

const system = await prepareCheckoutSystem()
afterAll(system.stop)
const services = await system.startHere()
afterAll(services.stop)
const shop = openShop(system)
afterAll(shop.stop)

// n.b. counted as the benchmark's floor counts: BEGIN and COMMIT are statements, and a statement alone is a transaction.
// A checkout whose steps take long writes its progress as well, so the least of some is what counts.
it(`costs orders and products at most ${most.statements} statements in ${most.transactions} transactions`, async () => {
  const basket = [await shop.addProduct('MUG'), await shop.addProduct('TEA')] as const
  const { checkouts } = await recordCheckouts(10, async () => expect(await shop.checkOut(basket)).toBe(true))
  const [least = []] = checkouts
    .map(checkout => checkout.filter(({ database }) => database === 'orders' || database === 'products'))
    .toSorted((a, b) => a.length - b.length)
  expect(new Set(least.map(({ database }) => database))).toEqual(new Set(['orders', 'products']))
  const statements = least.flatMap(({ statements }) => statements.map(({ text }) => text))
  expect(statements.length, statements.join('\n')).toBeLessThanOrEqual(most.statements)
  expect(least.length, statements.join('\n')).toBeLessThanOrEqual(most.transactions)
})

it('is what the fewest statements leave too, row by row of every table', async () => {
  const basket = [await shop.addProduct('CUP'), await shop.addProduct('POT')] as const
  const before = await countRows()
  expect(await shop.checkOut(basket)).toBe(true)
  const between = await countRows()
  const floor = await openFloor(system)
  await floor.replay(fewestStatements(basket)).finally(floor.stop)
  const after = await countRows()
  const added = (from: typeof before, to: typeof before) =>
    Object.fromEntries(Object.entries(to).map(([table, count]) => [table, count - (from[table] ?? 0)]))
  expect(added(between, after)).toEqual(added(before, between))
})

/** The number of rows of every table that survives a crash. */
const countRows = async (): Promise<Readonly<Record<string, number>>> => {
  const counts = new Map<string, number>()
  for (const service of checkoutServices) {
    const session = new Client({ connectionString: system.databaseUrls[service] })
    await session.connect()
    const tables = await session.query<{ name: string }>(
      `select relname as name from pg_class
       where relkind = 'r' and relpersistence = 'p' and relnamespace = 'public'::regnamespace`,
    )
    for (const { name } of tables.rows) {
      const { rows } = await session.query<{ count: number }>(
        `select count(*)::int as count from ${escapeIdentifier(name)}`,
      )
      counts.set(`${service} ${name}`, rows[0]?.count ?? 0)
    }
    await session.end()
  }
  return Object.fromEntries(counts)
}
