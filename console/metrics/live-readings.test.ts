import { expect, it } from 'vitest'
import { createLiveReadings } from './live-readings.ts'
import { readSamples, sumOf, valuesBy } from './samples.ts'

const text = (events: number) => `# HELP supergraph_sockets_open WebSockets of clients that are open.
# TYPE supergraph_sockets_open gauge
supergraph_sockets_open 3
supergraph_subscriptions_open{operation="OrderUpdated"} 2
supergraph_subscriptions_open{operation="other"} 1
supergraph_subscription_events_total{operation="OrderUpdated"} ${events}
supergraph_socket_closes_total{code="1006"} NaN
not a metric at all
supergraph_odd{text="a \\"b\\", c=\\\\d",code="1"} 1e3 1795892424442
`

it('reads values with their labels, and adds those of several processes up', () => {
  const samples = [...readSamples(text(5)), ...readSamples(text(7))]
  expect(sumOf(samples, 'supergraph_sockets_open')).toBe(6)
  expect([...valuesBy(samples, 'supergraph_subscriptions_open', 'operation')]).toEqual([
    ['OrderUpdated', 4],
    ['other', 2],
  ])
  expect(samples.find(({ name }) => name === 'supergraph_odd')).toEqual({
    name: 'supergraph_odd',
    labels: { text: 'a "b", c=\\d', code: '1' },
    value: 1_000,
  })
  expect(sumOf(samples, 'supergraph_socket_closes_total')).toBe(0)
})

/** So many events of one subgraph that were written at once, and so many after more than 0.1 s, in all. */
const ages = (quick: number, slow: number, operation = 'OrderUpdated') =>
  [
    ['0.1', quick],
    ['0.2', quick + slow],
    ['+Inf', quick + slow],
  ]
    .map(
      ([le, count]) =>
        `supergraph_subscription_event_age_seconds_bucket{le="${le}",operation="${operation}",subgraph="notifications"} ${count}`,
    )
    .join('\n')

it('tells how old events were of late and over the last minutes, by operation and subgraph', () => {
  const readings = createLiveReadings()
  const read = (text: string, atMs: number) => readings.add(readSamples(text), atMs)
  const nothing = { now: null, minutes: null }
  expect(read(ages(1_000, 1_000), 0).ages.all).toEqual(nothing)
  expect(read(ages(1_000, 1_000), 2_000).ages.all).toEqual(nothing)
  const quick = { p50Us: 50_000, p95Us: 95_000, p99Us: 99_000 }
  expect(read(ages(1_100, 1_000), 4_000).ages.bySubgraph).toEqual({
    notifications: { now: quick, minutes: quick },
  })
  const { ages: late, points } = read(`${ages(1_100, 1_100)}\n${ages(0, 0, 'other')}`, 14_000)
  expect(late).toEqual({
    all: {
      now: { p50Us: 150_000, p95Us: 195_000, p99Us: 199_000 },
      minutes: { p50Us: 100_000, p95Us: 190_000, p99Us: 198_000 },
    },
    byOperation: { OrderUpdated: late.all, other: nothing },
    bySubgraph: { notifications: late.all },
  })
  expect(points.map(({ ageP95Us }) => ageP95Us)).toEqual([null, null, 95_000, 195_000])
  expect(read(ages(100, 0), 16_000).ages.all.now).toEqual(quick)
  expect(read(ages(200, 0), 3_600_000).ages.all).toEqual(nothing)
})

it('tells the last bound for ages beyond it', () => {
  const readings = createLiveReadings()
  const beyond = (count: number) => `${ages(0, 0)}\n${ages(0, 0).replaceAll(/(\+Inf.*) 0$/gm, `$1 ${count}`)}`
  readings.add(readSamples(beyond(0)), 0)
  expect(readings.add(readSamples(beyond(3)), 2_000).ages.all.now?.p50Us).toBe(200_000)
})

it('tells rates over ten seconds, also after a process has begun anew', () => {
  const readings = createLiveReadings()
  const rateAt = (events: number, atMs: number) =>
    readings.add(readSamples(text(events)), atMs).eventsPerSecond.OrderUpdated
  expect(rateAt(100, 0)).toBe(0)
  expect(rateAt(120, 2_000)).toBe(10)
  expect(rateAt(200, 10_000)).toBe(10)
  expect(rateAt(320, 12_000)).toBe(20)
  const { eventsPerSecond, points } = readings.add(readSamples(text(30)), 22_000)
  expect(eventsPerSecond.OrderUpdated).toBe(3)
  expect(points.map(point => point.eventsPerSecond)).toEqual([0, 10, 10, 60, 3])
  expect(points.at(-1)).toMatchObject({ sockets: 3, subscriptions: 3 })
})
