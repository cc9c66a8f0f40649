import { gunzipSync } from 'node:zlib'
import { startHttp } from '@supergraph/runtime/http.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { readBytes } from '@supergraph/runtime/request-body.ts'
import { expect, it, onTestFinished, vi } from 'vitest'
import { startUsageReports } from './usage-reporter.ts'
import type { UseReport } from './use-counts.ts'

const use = (name: string, signature = `query ${name} { a }`) => ({
  name,
  signature,
  clients: [{ name: 'web', version: '1', requests: 1 }],
})

/** A registry that answers with these statuses, one after another and then with 204, and counts that give these reports. */
const startReports = async (statuses: readonly number[], reports: readonly UseReport[]) => {
  const left = [...statuses]
  const received: unknown[] = []
  const registry = await startHttp(
    async (request, response) => {
      const body = JSON.parse(gunzipSync(await readBytes(request, 10_000_000)).toString())
      received.push({ key: request.headers['x-api-key'], ...body })
      response.writeHead(left.shift() ?? 204).end()
    },
    { host: '127.0.0.1', port: 0 },
  )
  onTestFinished(registry.stop)
  const waiting = [...reports]
  const restored: UseReport[] = []
  const logger = createLogger('gateway', 'silent')
  const said = [vi.spyOn(logger, 'warn'), vi.spyOn(logger, 'error'), vi.spyOn(logger, 'info')]
  const reporter = startUsageReports({
    counts: {
      take: () => waiting.shift() ?? { operations: [], otherRequests: 0 },
      restore: report => void restored.push(report),
    },
    address: { url: `http://127.0.0.1:${registry.port}/usage`, ref: 'shop@current', key: 'a key' },
    everyMs: 10,
    retryMs: 10,
    logger,
  })
  return {
    stop: reporter.stop,
    received,
    restored,
    said: () =>
      said.flatMap(({ mock }) => mock.calls.map(said => said.findLast(each => typeof each === 'string'))),
  }
}

it('reports what was counted, compressed, and nothing when nothing was', async () => {
  const { received, stop, said } = await startReports([], [{ operations: [use('A')], otherRequests: 3 }])
  await vi.waitFor(() => expect(received).toHaveLength(1))
  await stop()
  expect(received).toEqual([{ key: 'a key', ref: 'shop@current', operations: [use('A')], otherRequests: 3 }])
  expect(said()).toEqual([])
})

it('sends a report that failed once more', async () => {
  const { received, restored, stop } = await startReports(
    [503],
    [{ operations: [use('A')], otherRequests: 0 }],
  )
  await vi.waitFor(() => expect(received).toHaveLength(2), { timeout: 3_000 })
  await stop()
  expect(received[1]).toEqual(received[0])
  expect(restored).toEqual([])
})

it('counts again what failed twice, and says so once until it works again', async () => {
  const lost = { operations: [use('A')], otherRequests: 1 }
  const { received, restored, stop, said } = await startReports(
    [503, 401, 503, 503],
    [lost, { operations: [use('B')], otherRequests: 0 }, { operations: [use('C')], otherRequests: 0 }],
  )
  await vi.waitFor(() => expect(received).toHaveLength(5), { timeout: 6_000 })
  await stop()
  expect(restored).toEqual([lost, { operations: [use('B')], otherRequests: 0 }])
  expect(said()).toEqual([
    'usage can not be reported now: what was counted is part of the next report',
    'usage is reported again',
  ])
})

it('gives up a report that the registry refuses, and says that it is lost', async () => {
  const { restored, stop, said } = await startReports([400], [{ operations: [use('A')], otherRequests: 0 }])
  await vi.waitFor(() => expect(said()).toEqual(['a report of usage is refused, and what it counts is lost']))
  await stop()
  expect(restored).toEqual([])
})

it('sends a large report in parts', async () => {
  const operations = [...Array(600).keys()].map(index => use(`A${index}`))
  const large = [1, 2, 3].map(index => use(`L${index}`, 'x'.repeat(300_000)))
  const { received, stop } = await startReports(
    [],
    [{ operations: [...operations, ...large], otherRequests: 7 }],
  )
  await vi.waitFor(() => expect(received).toHaveLength(4))
  await stop()
  expect(received).toMatchObject([
    { operations: { length: 500 }, otherRequests: 7 },
    { operations: { length: 101 }, otherRequests: 0 },
    { operations: { length: 1 }, otherRequests: 0 },
    { operations: { length: 1 }, otherRequests: 0 },
  ])
})

it('reports the last counts when it is stopped', async () => {
  const { received, stop } = await startReports(
    [],
    [
      { operations: [], otherRequests: 0 },
      { operations: [use('A')], otherRequests: 0 },
    ],
  )
  await stop()
  expect(received).toMatchObject([{ operations: [{ name: 'A' }] }])
})
