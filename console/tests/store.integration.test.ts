import { createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { expect, it, onTestFinished, vi } from 'vitest'
import { readTraffic } from '../database/flow-reads.ts'
import { openConsoleDatabase } from '../database/open.ts'
import { countTraces, prune } from '../database/prune.ts'
import { listTraces, readSpans } from '../database/trace-reads.ts'
import { storeSpans } from '../database/trace-store.ts'
import { startIntake } from '../intake.ts'
import type { Span } from '../traces/span.ts'
import { createRequest, createSpan } from './example-traces.ts'

const silent = createLogger('console', 'silent')

const openDatabase = async () => {
  const { url, drop } = await createTestDatabase()
  onTestFinished(drop)
  const database = await openConsoleDatabase(url)
  onTestFinished(async () => {
    if (database.isInitialized) await database.stop()
  })
  return database
}

const all = { before: undefined, limit: 100 }

it('keeps what failed or was slow longer than the rest, and nothing longer than 72 hours', async () => {
  const database = await openDatabase()
  const at = (hoursAgo: number) => ({ startUs: (Date.now() - hoursAgo * 3_600_000) * 1_000 })
  await storeSpans(database, [
    ...createRequest('Ancient', { ...at(73), error: 'failed' }),
    ...createRequest('Failed', { ...at(50), error: 'failed' }),
    ...createRequest('Slow', { ...at(40), durationUs: 2_000_000 }),
    ...createRequest('Old', at(30)),
    ...createRequest('New', at(1)),
  ])
  const left = async (maxTraces: number) => {
    await prune(database, maxTraces)
    return (await listTraces(database, [], all)).map(({ name }) => name)
  }
  expect(await left(10)).toEqual(['New', 'Old', 'Slow', 'Failed'])
  expect(await left(3)).toEqual(['New', 'Slow', 'Failed'])
  expect(await left(2)).toEqual(['Slow', 'Failed'])
  expect(await left(1)).toEqual(['Slow'])
  const [{ count } = {}] = await database.query('select count(*)::int from span_batches')
  expect(count).toBe(1)
})

it('stores the first 5,000 spans of a trace that never ends', async () => {
  const database = await openDatabase()
  const { traceId } = createSpan()
  for (let batch = 0; batch < 7; batch += 1) {
    await storeSpans(
      database,
      Array.from({ length: 1_000 }, () => createSpan({ traceId })),
    )
  }
  expect(await readSpans(database, [traceId])).toHaveLength(5_000)
})

it('drops and counts what comes while too much waits, and never lets its giver wait', async () => {
  const database = await openDatabase()
  const intake = await startIntake(database, silent)
  onTestFinished(intake.stop)
  const spans = Array.from({ length: 500 }, () => createSpan({ error: 'failed' }))
  for (let round = 0; round < 6; round += 1) intake.take(spans, 4 * 1024 * 1024)
  expect(intake.counts()).toMatchObject({ taken: 3_000, stored: 0, dropped: 1_000, waiting: 2_000 })
  await vi.waitFor(() => expect(intake.counts()).toMatchObject({ stored: 2_000, waiting: 0 }), 60_000)
})

it('leaves out quick traces while many come, and still counts them on the map', async () => {
  const database = await openDatabase()
  const intake = await startIntake(database, silent)
  onTestFinished(intake.stop)
  const takeAll = (requests: readonly (readonly Span[])[]) => {
    for (const spans of requests) intake.take(spans, spans.length * 500)
  }
  const some = (count: number, told?: Partial<Span>) =>
    Array.from({ length: count }, () => createRequest('Me', told))
  takeAll(some(2_010))
  takeAll(some(5, { error: 'failed' }))
  await vi.waitFor(() => {
    const { taken, stored, leftOut, dropped } = intake.counts()
    expect({ dropped, settled: stored + leftOut }).toEqual({ dropped: 0, settled: taken })
  })
  expect(intake.counts().leftOut).toBeGreaterThan(2_000)
  const failed = await listTraces(database, [{ key: 'status', operator: '=', value: 'error' }], all)
  expect(failed).toHaveLength(5)
  const traffic = await readTraffic(database, 5)
  expect(traffic.find(({ target }) => target === 'gateway')).toMatchObject({ passages: 2_015, failures: 5 })
})

it('keeps spans while its database is away, and goes on when it is back', async () => {
  const database = await openDatabase()
  const intake = await startIntake(database, silent)
  onTestFinished(intake.stop)
  const transaction = vi.spyOn(database, 'transaction')
  const away = Object.assign(new Error('shut down'), { code: '57P01' })
  transaction.mockRejectedValueOnce(away)
  intake.take(createRequest('Me'), 2_000)
  await vi.waitFor(() => expect(transaction).toHaveBeenCalledTimes(3))
  await vi.waitFor(() => expect(intake.counts()).toMatchObject({ stored: 4, dropped: 0 }))
})

it('drops and counts what its database refuses, and goes on with the rest', async () => {
  const database = await openDatabase()
  const intake = await startIntake(database, silent)
  onTestFinished(intake.stop)
  const refused = new Error('refused')
  vi.spyOn(database, 'transaction').mockRejectedValueOnce(refused).mockRejectedValueOnce(refused)
  intake.takeExport({ resourceSpans: [{ scopeSpans: [{ spans: [null, {}] }] }] }, 100)
  intake.take(createRequest('Refused'), 2_000)
  await vi.waitFor(() => expect(intake.counts()).toMatchObject({ stored: 0, dropped: 5 }))
  intake.take(createRequest('Taken'), 2_000)
  await vi.waitFor(async () => expect(await countTraces(database)).toBe(1))
})
