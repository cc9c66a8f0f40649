import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkLedger } from '@supergraph/ledger/check.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { afterAll, expect, it } from 'vitest'
import { readRows } from '../../testbed/rows.ts'
import { createTestDatabases } from '../../testbed/system/test-databases.ts'
import { waitUntil } from '../../testbed/waiting.ts'
import { believeLarge, collectPlans, growingCosts, type PlannedStatement, shapeOf } from './plans.ts'
import { requestsOf } from './requests.ts'
import { grown, prepareGrownSystem } from './system.ts'

const { urls, superuserUrl, system, stop } = await startAll(async use => {
  const { urls } = use(await createTestDatabases())
  const superuserUrl = process.env.TEST_POSTGRES_URL ?? ''
  return {
    urls,
    superuserUrl,
    system: await prepareGrownSystem(urls, superuserUrl, { products: 300, orders: 1_000 }),
  }
})
afterAll(stop)

/** Runs everything that a shop is asked and does by itself, on tables that PostgreSQL takes for large. */
const runShop = async () => {
  const tables = await believeLarge(urls, superuserUrl)
  const plans = collectPlans(urls, tables)
  try {
    const services = await system.start()
    try {
      const { reads, writes, watches, stop } = await requestsOf(system)
      for (const { run } of [...reads, ...writes, ...watches]) await run()
      for (const service of ['users', 'products', 'orders'] as const)
        await waitUntil(`the outbox of ${service} is empty`, async () => (await waiting(urls[service])) === 0)
      await stop()
    } finally {
      await services.stop()
    }
    await checkLedger(urls, { settleMs: 0 })
  } finally {
    plans.stop()
  }
  return { tables, planned: plans.planned }
}

const waiting = async (url: string): Promise<number> => {
  const [row] = await readRows<{ readonly count: number }>(
    url,
    'select count(*)::int as count from outbox where published_at is null',
  )
  return row?.count ?? 0
}

it('reads no table that grows from one end to the other, in no statement of any service', async () => {
  const { tables, planned } = await runShop()
  const costs = grown.flatMap(service =>
    planned
      .filter(({ name }) => name.startsWith(`${service}:`))
      .flatMap(statement =>
        growingCosts(statement, tables.get(service) ?? new Set()).map(cost => `${statement.name}\n  ${cost}`),
      ),
  )
  // n.b. PostgreSQL plans some statements that are sent often without their values, and would check this for each row
  const undecided = planned.map(({ name }) => name).filter(name => /\$\d+::\w+ is null or\b/.test(name))
  expect.soft(undecided).toEqual([])
  const kept = await readFile(file, 'utf8').catch(() => '')
  const names = new Set(kept.split('\n\n').map(text => text.split('\n', 1)[0]))
  // n.b. which of several ways PostgreSQL takes for a statement that is kept depends on what it knows of the tables by then
  if (planned.some(({ name }) => !names.has(name)))
    await expect.soft(addPlans(kept, planned)).toMatchFileSnapshot(file)
  expect([...new Set(costs)].join('\n')).toBe('')
})

const file = join(import.meta.dirname, 'plans.txt')
const separator = '\n  or\n'

/** What was kept and the plans of a run. n.b. what depends on the time, such as a retry, is not in each run. */
const addPlans = (kept: string, planned: readonly PlannedStatement[]): string => {
  const waysOf = new Map<string, Set<string>>()
  const add = (name: string, way: string) => waysOf.set(name, (waysOf.get(name) ?? new Set()).add(way))
  for (const statement of kept.split('\n\n').filter(text => text !== '')) {
    const [name = '', ...lines] = statement.trimEnd().split('\n')
    for (const way of lines.join('\n').split(separator)) add(name, way)
  }
  for (const { name, plan } of planned) add(name, shapeOf(plan, 1).join('\n'))
  return [...waysOf]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, ways]) => `${name}\n${[...ways].toSorted().join(separator)}\n`)
    .join('\n')
}
