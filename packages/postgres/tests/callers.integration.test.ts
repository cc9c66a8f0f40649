import { runFor, stopWhenNobodyWaits } from '@supergraph/runtime/caller.ts'
import { expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { openServiceDatabase } from '../data-source.ts'
import { rows } from '../statements.ts'
import { createTestDatabase } from './test-database.ts'

const poolSize = 2
const one = z.object({ one: z.int() })

const open = async () => {
  const { url, drop } = await createTestDatabase()
  const onQuery = vi.fn()
  const database = await openServiceDatabase({
    service: 'orders',
    url,
    tables: [],
    migrations: [],
    poolSize,
    onQuery,
  })
  onTestFinished(async () => {
    await database.stop()
    await drop()
  })
  onQuery.mockClear()
  return { database, sent: () => onQuery.mock.calls.flat() }
}

/** Holds all connections that requests have; the result gives them back. */
const holdAll = async (database: Awaited<ReturnType<typeof open>>['database']) => {
  const runners = Array.from({ length: poolSize }, () => database.createQueryRunner())
  await Promise.all(runners.map(runner => runner.connect()))
  return () => Promise.all(runners.map(runner => runner.release()))
}

/** Reads for a caller who waits so long. */
const readFor = (waitMs: number, read: () => Promise<unknown>, gone = new AbortController().signal) =>
  runFor({ deadlineAtMs: Date.now() + waitMs, gone }, async () => {
    stopWhenNobodyWaits()
    return read()
  })

it('has connections for the background while requests hold all of theirs', async () => {
  const { database } = await open()
  const release = await holdAll(database)
  expect(await rows(database.background, one, 'select 1 as one')).toEqual([{ one: 1 }])
  await release()
})

it('sends no statement for which nobody waits when its turn comes', async () => {
  const { database, sent } = await open()
  const release = await holdAll(database)
  const gone = new AbortController()
  const late = Array.from({ length: 50 }, () => readFor(50, () => rows(database, one, 'select 1 as one')))
  const left = Array.from({ length: 50 }, () =>
    readFor(60_000, () => rows(database, one, 'select 2 as one'), gone.signal),
  )
  const kept = readFor(60_000, () => rows(database, one, 'select 3 as one'))
  const outcomes = Promise.allSettled([...late, ...left])
  gone.abort()
  await new Promise(resolve => setTimeout(resolve, 100))
  await release()
  for (const outcome of await outcomes)
    expect(outcome).toMatchObject({
      status: 'rejected',
      reason: { message: 'nobody waits for this any more' },
    })
  expect(await kept).toEqual([{ one: 3 }])
  expect(sent()).toEqual(['select 3 as one'])
})

it('begins no further statement of a read, and leaves no transaction open', async () => {
  const { database, sent } = await open()
  const gone = new AbortController()
  const read = readFor(
    60_000,
    () =>
      database.transaction(async manager => {
        await manager.query('select 1')
        gone.abort()
        await manager.query('select 2')
      }),
    gone.signal,
  )
  await expect(read).rejects.toThrow('nobody waits')
  expect(sent()).toEqual(['START TRANSACTION', 'select 1', 'ROLLBACK'])
  const states = `select count(*)::int as one from pg_stat_activity
    where datname = current_database() and state like 'idle in transaction%'`
  expect(await rows(database, one, states)).toEqual([{ one: 0 }])
})

it('finishes what may have written, although nobody waits for it', async () => {
  const { database } = await open()
  const written = runFor({ deadlineAtMs: Date.now() - 1, gone: AbortSignal.abort() }, () =>
    rows(database, one, 'select 1 as one'),
  )
  expect(await written).toEqual([{ one: 1 }])
})
