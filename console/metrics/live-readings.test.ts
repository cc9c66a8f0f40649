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
