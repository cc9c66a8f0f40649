import { createLogger } from '@supergraph/runtime/logger.ts'
import { expect, it, onTestFinished, vi } from 'vitest'
import { defineNumber, defineReading, defineSeconds, keptFor, registry } from './metrics.ts'
import { readMetricsSettings, startMetrics } from './serve.ts'

const linesOf = async (name: string) =>
  (await registry.getSingleMetricAsString(name)).split('\n').filter(line => !line.startsWith('#'))

const things = defineReading({
  kind: 'level',
  name: 'supergraph_test_things',
  help: 'Things of a test.',
  labels: ['of'],
})
const single = defineReading({
  kind: 'level',
  name: 'supergraph_test_single',
  help: 'A thing of a test without labels.',
  labels: [],
})
const seconds = defineSeconds({
  name: 'supergraph_test_seconds',
  help: 'Seconds of a test.',
  labels: ['of', 'outcome'],
  bounds: [0.25, 0.5],
})
const numbers = defineNumber({
  kind: 'level',
  name: 'supergraph_test_numbers',
  help: 'Numbers of a test.',
  labels: ['of'],
})

it('adds up what several services of a process hold, and forgets who has stopped', async () => {
  const first = things.from(() => [[{ of: 'a' }, 2]])
  const second = things.from(async () => [
    [{ of: 'a' }, 3],
    [{ of: 'b' }, 1],
  ])
  expect(await linesOf('supergraph_test_things')).toEqual([
    'supergraph_test_things{of="a"} 5',
    'supergraph_test_things{of="b"} 1',
  ])
  const [one, other] = await Promise.all([registry.metrics(), registry.metrics()])
  expect(one).toContain('supergraph_test_things{of="a"} 5')
  expect(other).toContain('supergraph_test_things{of="a"} 5')
  await first.stop()
  await second.stop()
  expect(await linesOf('supergraph_test_things')).toEqual([])
})

it('answers without a reading that fails or takes too long, and counts it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const good = things.from(() => [[{ of: 'good' }, 1]])
  const failing = things.from(() => {
    throw new Error('the database is away')
  })
  const slow = things.from(() => new Promise(() => {}))
  onTestFinished(async () => void (await Promise.all([good, failing, slow].map(({ stop }) => stop()))))
  const reading = linesOf('supergraph_test_things')
  await vi.advanceTimersByTimeAsync(2_000)
  expect(await reading).toEqual(['supergraph_test_things{of="good"} 1'])
  expect(await linesOf('supergraph_metrics_failed_readings_total')).toEqual([
    'supergraph_metrics_failed_readings_total{metric="supergraph_test_things"} 2',
  ])
})

it('gives no value, and not 0, if nobody reads it or the reading fails', async () => {
  expect(await linesOf('supergraph_test_single')).toEqual([])
  const failing = single.from(() => {
    throw new Error('the database is away')
  })
  expect(await linesOf('supergraph_test_single')).toEqual([])
  await failing.stop()
  const good = single.from(() => [[{}, 0]])
  expect(await linesOf('supergraph_test_single')).toEqual(['supergraph_test_single 0'])
  await good.stop()
})

it('counts what who measures has kept, the same for equal labels, and leaves out what never came', async () => {
  const [first, second] = [seconds.of({ of: 'a', outcome: 'ok' }), seconds.of({ outcome: 'ok', of: 'a' })]
  seconds.of({ of: 'b', outcome: 'ok' })
  for (const value of [0.25, 0.5, 4]) first.observe(value)
  second.observe(0.125)
  expect(await linesOf('supergraph_test_seconds')).toEqual([
    'supergraph_test_seconds_bucket{le="0.25",of="a",outcome="ok"} 2',
    'supergraph_test_seconds_bucket{le="0.5",of="a",outcome="ok"} 3',
    'supergraph_test_seconds_bucket{le="+Inf",of="a",outcome="ok"} 4',
    'supergraph_test_seconds_sum{of="a",outcome="ok"} 4.875',
    'supergraph_test_seconds_count{of="a",outcome="ok"} 4',
  ])
  numbers.of({ of: 'a' }).value += 2
  numbers.of({ of: 'a' }).value -= 1
  expect(await linesOf('supergraph_test_numbers')).toEqual(['supergraph_test_numbers{of="a"} 1'])
})

it('reads what is costly once for all who ask within its time', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const read = vi.fn(async () => 1)
  const kept = keptFor(5_000, read)
  await Promise.all([kept(), kept()])
  expect(read).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(5_000)
  await kept()
  expect(read).toHaveBeenCalledTimes(2)
})

it('serves metrics at /metrics on a port of their own, and nothing else there', async () => {
  numbers.of({ of: 'b' }).value = 7
  const settings = readMetricsSettings('a test', { METRICS_PORT: '0' })
  const { url = '', stop } = await startMetrics(settings, createLogger('test', 'silent'))
  onTestFinished(stop)
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/)
  const answer = await fetch(url)
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  const text = await answer.text()
  expect(text).toContain('supergraph_test_numbers{of="b"} 7')
  expect(text).toContain('nodejs_eventloop_lag_p99_seconds')
  expect((await fetch(new URL('/', url))).status).toBe(404)
  expect((await fetch(url, { method: 'POST' })).status).toBe(405)
})

it('serves nothing without a port, and says what is wrong with one', async () => {
  const settings = readMetricsSettings('a test', {})
  expect((await startMetrics(settings, createLogger('test', 'silent'))).url).toBeUndefined()
  expect(() => readMetricsSettings('a test', { METRICS_PORT: 'yes' })).toThrow(
    'METRICS_PORT is not usable: put a port number there, such as 9464',
  )
})
