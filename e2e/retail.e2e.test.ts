import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkLedger } from '@supergraph/ledger/check.ts'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type GraphQLClient, signIn } from '../testbed/graphql-client.ts'
import { startProcess } from '../testbed/processes.ts'
import { startOneProcess } from '../testbed/system/one-process.ts'
import type { System } from '../testbed/system/system.ts'
import { demoPassword } from './allocations.ts'

const lines = `InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
1,85123A,WHITE HEART HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
1,POST,POSTAGE,1,2010-12-01 08:26:00,18.0,17850.0,United Kingdom
2,85123a,HEART HOLDER,4,2010-12-02 08:26:00,2.95,12583.0,France
2,71053,WHITE METAL LANTERN,2,2010-12-02 08:26:00,3.39,12583.0,France
C3,85123A,WHITE HEART HOLDER,-6,2010-12-03 08:26:00,2.55,17850.0,United Kingdom
4,71053,WHITE METAL LANTERN,1,2010-12-04 08:26:00,3.39,0.0,United Kingdom
5,85123A,check,-3,2010-12-05 08:26:00,0.0,0.0,United Kingdom
`

let system: System
let staff: GraphQLClient
let folder: string

beforeAll(async () => {
  system = await startOneProcess({ DEMO_PASSWORD: demoPassword })
  staff = await signIn(system.urlOf('gateway'), { email: 'staff@example.com', password: demoPassword })
  folder = await mkdtemp(join(tmpdir(), 'supergraph-retail-'))
  await writeFile(join(folder, 'lines.csv'), lines)
})
afterAll(async () => {
  await system?.stop()
  await rm(folder, { recursive: true, force: true })
})

const run = async (...args: readonly string[]) => {
  const command = startProcess([...args, join(folder, 'lines.csv'), '--url', system.urlOf('gateway')], {
    DEMO_PASSWORD: demoPassword,
  })
  return { code: await command.exited, output: command.output() }
}

/** Everything that the two commands may change. */
const state = async () => {
  const { data } = await staff.ask(`{
    holder: product(sku: "85123A") { name available price { amountMinor currency } }
    lantern: product(sku: "71053") { name available }
    orders(first: 100) { edges { node { number status version total { amountMinor } customer { name } } } }
    users(first: 100) { edges { node { email } } }
  }`)
  return data
}

const soldInPounds = {
  currency: 'GBP',
  ...{ unitsSold: 12, unitsReturned: 6, soldMinor: 3_628, returnedMinor: 1_770, revenueMinor: 1_858 },
}

const salesInPounds = async () => {
  const days = { from: dayFromNow(-1), to: dayFromNow(1) }
  const { data } = await staff.ask(
    `query Sales($from: Date!, $to: Date!) {
      salesSummary(from: $from, to: $to) {
        totals { currency unitsSold unitsReturned soldMinor returnedMinor revenueMinor }
      }
    }`,
    days,
  )
  return data.salesSummary.totals.find(({ currency }: { currency: string }) => currency === 'GBP')
}

const dayFromNow = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)

const analyticsUrls = ({ databaseUrls }: System) => ({
  ANALYTICS_DATABASE_URL: databaseUrls.analytics,
  ORDERS_DATABASE_URL: databaseUrls.orders,
  PRODUCTS_DATABASE_URL: databaseUrls.products,
})

it('imports products and replays orders with a table of what was taken and refused, and changes nothing the second time', async () => {
  const rejects = join(folder, 'refused.csv')
  const imported = await run('commands/retail/import.ts', 'products', '--rejects', rejects)
  expect(imported).toMatchObject({ code: 0, output: expect.stringMatching(/created +2\n/) })
  expect(await readFile(rejects, 'utf8')).toContain('3,"fee, discount or voucher",1,POST,POSTAGE,1,')
  expect(imported.output).toMatch(/fee, discount or voucher +1\n/)
  const replayed = await run('commands/retail/replay.ts')
  expect(replayed).toMatchObject({ code: 0, output: expect.stringMatching(/orders +placed +2\n/) })
  expect(replayed.output).toMatch(/cancellations +cancelled +1\n/)
  expect(replayed.output).toMatch(/invoices refused +no customer +2\n/)

  const after = await state()
  expect(after.holder).toEqual({
    name: 'HEART HOLDER',
    available: 6,
    price: { amountMinor: 295, currency: 'GBP' },
  })
  expect(after.lantern).toEqual({ name: 'WHITE METAL LANTERN', available: 1 })
  const customers = ['Customer 17850', 'Customer 12583']
  const orders = after.orders.edges
    .map(({ node }: { node: { customer: { name: string } } }) => node)
    .filter(({ customer }: { customer: { name: string } }) => customers.includes(customer.name))
  expect(orders.map(({ status }: { status: string }) => status).toSorted()).toEqual([
    'CANCELLED',
    'CONFIRMED',
  ])

  expect((await checkLedger(system.databaseUrls)).violations).toEqual([])
  // n.b. 4 holders and 2 lanterns are sold, and 6 holders that came back
  await vi.waitFor(async () => expect(await salesInPounds()).toEqual(soldInPounds))
  const rebuilt = startProcess(['commands/analytics/rebuild-analytics.ts'], analyticsUrls(system))
  expect([await rebuilt.exited, rebuilt.output()]).toEqual([0, expect.stringContaining('16 orders in')])
  expect(await salesInPounds()).toEqual(soldInPounds)

  expect((await run('commands/retail/import.ts', 'products')).output).toMatch(/unchanged +2\n/)
  const again = await run('commands/retail/replay.ts')
  expect(again.output).toMatch(/already registered +2\n/)
  expect(again.output).toMatch(/already placed +2\n/)
  expect(await state()).toEqual(after)
})

it('explains a wrong call, and says plainly when nobody answers', async () => {
  const wrong = startProcess(['commands/retail/import.ts', 'customers'], {})
  expect(await wrong.exited).toBe(2)
  expect(wrong.output()).toContain('npm run import -- products FILE.csv')
  const nobody = startProcess(
    ['commands/retail/replay.ts', join(folder, 'lines.csv'), '--url', 'http://127.0.0.1:1/graphql'],
    {},
  )
  expect(await nobody.exited).toBe(1)
  expect(nobody.output()).toContain(
    'http://127.0.0.1:1/graphql does not answer: start the system with npm start',
  )
})
