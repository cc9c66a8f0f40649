import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Database, openDatabase } from '../data-source.ts'
import { CreateThrottleCounts1795190400000 } from '../throttle/migration.ts'
import type { Rule } from '../throttle/rule.ts'
import {
  type Counted,
  countedOfNetwork,
  createThrottle,
  deleteForgotten,
  givingBack,
  keysOf,
  type Throttle,
} from '../throttle/throttle.ts'
import { countQueries, createTestDatabase, type TestDatabase } from './test-database.ts'

let testDatabase: TestDatabase
let databases: readonly Database[]
const queries = countQueries()
let nowMs = Date.parse('2026-03-01T09:30:00.000Z')
let throttle: Throttle
beforeAll(async () => {
  testDatabase = await createTestDatabase()
  const open = () =>
    openDatabase({
      service: 'test',
      url: testDatabase.url,
      tables: [],
      migrations: [CreateThrottleCounts1795190400000],
      onQuery: queries.onQuery,
    })
  databases = [await open(), await open()]
  const [first] = databases
  if (first === undefined) throw new Error('no database')
  throttle = createThrottle(first, { now: () => new Date(nowMs) })
})
afterAll(async () => {
  for (const database of databases) await database.destroy()
  await testDatabase.drop()
})

const even: Rule = { burst: 3, firstWaitMs: 10_000, forgetsOneEveryMs: 10_000 }
const growing: Rule = { burst: 3, firstWaitMs: 1_000, forgetsOneEveryMs: 10_000 }
const some = (rule: Rule, kind = 'test'): Counted => ({ kind, of: crypto.randomUUID(), rule })
const times = async <T>(count: number, work: () => Promise<T>): Promise<readonly T[]> => {
  const results: T[] = []
  for (let time = 0; time < count; time += 1) results.push(await work())
  return results
}

it('allows the burst at once, then one after each wait, for as long as anybody asks', async () => {
  const counted = [some(even)]
  expect(await times(4, () => throttle.take(counted))).toEqual([0, 0, 0, 10_000])
  for (let round = 0; round < 3; round += 1) {
    nowMs += 9_999
    expect(await throttle.take(counted)).toBe(1)
    nowMs += 1
    expect(await times(2, () => throttle.take(counted))).toEqual([0, 10_000])
  }
  nowMs += 30_000
  expect(await times(4, () => throttle.take(counted))).toEqual([0, 0, 0, 10_000])
})

it('allows the whole burst at once, though one waited while another was counted that came later', async () => {
  const [database, observer] = databases
  if (database === undefined || observer === undefined) throw new Error('no database')
  const ofDatabase = createThrottle(database)
  const counted = [some(even)]
  expect(await ofDatabase.take(counted)).toBe(0)
  const session = database.createQueryRunner()
  await session.startTransaction()
  const newest = `key = (select key from throttle_counts order by forgotten_at desc limit 1)`
  await session.query(`select from throttle_counts where ${newest} for update`)
  const waiting = ofDatabase.take(counted)
  await expect
    .poll(() =>
      observer.query(
        `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
      ),
    )
    .not.toEqual([])
  await session.query(
    `update throttle_counts set forgotten_at = clock_timestamp() + forgets_one_every where ${newest}`,
  )
  await session.commitTransaction()
  await session.release()
  expect([await waiting, await ofDatabase.take(counted)]).toEqual([0, 0])
  expect(await ofDatabase.take(counted)).toBeGreaterThan(0)
})

it('doubles its waits while they are asked for faster than they are forgotten', async () => {
  const counted = [some(growing)]
  await times(2, () => throttle.take(counted))
  const waits: number[] = []
  for (let round = 0; round < 6; round += 1) {
    expect(await throttle.take(counted)).toBe(0)
    waits.push(await throttle.waitMs(counted))
    nowMs += waits.at(-1) ?? 0
  }
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 8_000, 8_000])
})

it('never waits longer than it takes to forget one, however many were counted', async () => {
  const counted = [some(growing)]
  await times(60, () => throttle.count(counted))
  expect(await throttle.waitMs(counted)).toBe(10_000)
})

it('counts all or none', async () => {
  const [narrow, wide] = [some({ ...even, burst: 1 }), some(even)]
  expect(await throttle.take([narrow, wide])).toBe(0)
  expect(await times(5, () => throttle.take([narrow, wide]))).toEqual(Array.from({ length: 5 }, () => 10_000))
  expect(await times(3, () => throttle.take([wide]))).toEqual([0, 0, 10_000])
})

it('counts what happened anyway, and tells how many are remembered', async () => {
  const [one, other] = [some(growing), some(even)]
  expect(await times(4, () => throttle.count([one]))).toEqual([[1], [2], [3], [4]])
  expect(await throttle.count([other, one])).toEqual([1, 5])
  expect(await throttle.waitMs([one])).toBe(4_000)
  nowMs += 20_000
  expect(await throttle.count([one])).toEqual([4])
})

it('takes back, and forgets', async () => {
  const counted = [some(even)]
  await times(3, () => throttle.take(counted))
  await throttle.giveBack(counted)
  expect(await times(2, () => throttle.take(counted))).toEqual([0, 10_000])
  await throttle.forget(counted)
  expect(await times(4, () => throttle.take(counted))).toEqual([0, 0, 0, 10_000])
})

it('allows a site no more than sixteen of its networks', async () => {
  const takeIn = (network: string) => throttle.take(countedOfNetwork('sites', network, even))
  const waits: number[] = []
  for (let index = 0; index < 20; index += 1)
    waits.push(...(await times(3, () => takeIn(`2001:db8:7:${index}::/64`))))
  expect(waits.filter(wait => wait === 0)).toHaveLength(48)
  expect(await times(3, () => takeIn('2001:db8:8:1::/64'))).toEqual([0, 0, 0])
  expect(await times(4, () => takeIn('192.0.2.7'))).toEqual([0, 0, 0, 10_000])
  expect(countedOfNetwork('sites', undefined, even)).toEqual([])
})

describe('between two processes', () => {
  it.each([
    1, 2, 20,
  ])('allows no more than the burst, however many ask at once, %i things each', async things => {
    const counted = Array.from({ length: things }, (_, index) =>
      some({ burst: 7, firstWaitMs: 60_000, forgetsOneEveryMs: 60_000 }, `kind ${index}`),
    )
    const asking = databases.flatMap(database => {
      const one = createThrottle(database)
      return Array.from({ length: 60 }, (_, index) => one.take(index % 2 ? counted : counted.toReversed()))
    })
    const waits = await Promise.all(asking)
    expect(waits.filter(wait => wait === 0)).toHaveLength(7)
    for (const wait of waits) expect(wait).toBeLessThanOrEqual(60_000)
  })

  it('locks nobody for ever when counts are taken, given back and forgotten at once', async () => {
    const counted = Array.from({ length: 10 }, (_, index) => some(even, `kind ${index}`))
    const work = databases.flatMap(database => {
      const one = createThrottle(database)
      return Array.from({ length: 40 }, async (_, index) => {
        if (index % 4 === 0) await one.giveBack(counted)
        else if (index % 4 === 1) await one.forget(counted.toReversed())
        else await one.count(counted)
      })
    })
    await Promise.all(work)
  })
})

it('counts nothing if a search finds a row, and gives the row, in one statement', async () => {
  const counted = [some({ ...even, burst: 1 })]
  const search = (found: readonly number[]) => ({
    shape: z.object({ value: z.int() }),
    sql: ([values]: readonly string[]) => `select value from unnest(${values}::int[]) as found (value)`,
    values: [found],
  })
  queries.reset()
  for (let index = 0; index < 3; index += 1) {
    expect(await throttle.takeUnlessFound(counted, search([7]))).toEqual({ kind: 'found', row: { value: 7 } })
  }
  expect(await throttle.takeUnlessFound(counted, search([]))).toEqual({ kind: 'notFound', waitMs: 0 })
  expect(await throttle.takeUnlessFound(counted, search([]))).toEqual({ kind: 'notFound', waitMs: 10_000 })
  expect(await throttle.takeUnlessFound(counted, search([8]))).toEqual({ kind: 'found', row: { value: 8 } })
  expect(queries.count()).toBe(6)
})

it('gives back as a part of another statement, without waiting for what another transaction has locked', async () => {
  const [database] = databases
  if (database === undefined) throw new Error('no database')
  const [free, locked] = [some({ ...even, burst: 1 }), some({ ...even, burst: 1 })]
  await throttle.take([free, locked])
  const givenBack = await database.transaction(async holder => {
    await holder.query('select from throttle_counts where key = $1 for update', [...keysOf([locked])])
    return database.query(`with given_back as (${givingBack('$1')}) select key from given_back`, [
      keysOf([free, locked]),
    ])
  })
  expect(givenBack).toEqual(keysOf([free]).map(key => ({ key })))
  expect(await throttle.waitMs([locked])).toBe(10_000)
  await throttle.giveBack([free, locked], keysOf([free]))
  expect(await throttle.take([free, locked])).toBe(0)
  expect(await throttle.take([free])).toBe(10_000)
})

it('asks once, whether it allows or refuses', async () => {
  const counted = [some(even), some(even), some(even)]
  queries.reset()
  await times(5, () => throttle.take(counted))
  expect(queries.count()).toBe(5)
})

it('keeps nothing that can be read, and nothing that is forgotten', async () => {
  const [database] = databases
  if (database === undefined) throw new Error('no database')
  await throttle.take([{ kind: 'network', of: '192.0.2.7', rule: even }])
  expect(JSON.stringify(await database.query('select * from throttle_counts'))).not.toContain('192.0.2')
  await deleteForgotten(database, new Date(nowMs + 9_999))
  expect(await database.query(`select * from throttle_counts where key like 'network:%'`)).toHaveLength(1)
  await deleteForgotten(database, new Date(nowMs + 10_000))
  expect(await database.query(`select * from throttle_counts where key like 'network:%'`)).toHaveLength(0)
})
