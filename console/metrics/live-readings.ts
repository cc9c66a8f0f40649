import type { LivePoint, LiveRates } from '../pages/live-views.ts'
import { type Sample, sumOf, valuesBy } from './samples.ts'

/** The metrics that the page of what is live shows. */
export const liveMetrics = {
  sockets: 'supergraph_sockets_open',
  streams: 'supergraph_streams_open',
  subscriptions: 'supergraph_subscriptions_open',
  events: 'supergraph_subscription_events_total',
  slow: 'supergraph_slow_consumers_total',
  closes: 'supergraph_socket_closes_total',
  upstreams: 'supergraph_subgraph_subscriptions_open',
} as const

type Reading = {
  readonly atMs: number
  readonly sockets: number
  readonly subscriptions: number
  readonly events: ReadonlyMap<string, number>
  readonly closes: ReadonlyMap<string, number>
}

const maxReadings = 150
/** Over which time a rate is taken. */
const rateMs = 10_000

/** Keeps the last 150 readings, from which follow rates. */
export const createLiveReadings = () => {
  let readings: readonly Reading[] = []

  const before = (now: Reading): Reading | undefined =>
    readings.findLast(({ atMs }) => atMs <= now.atMs - rateMs) ?? readings[0]

  return {
    /** Takes what was read, and tells what has changed since. */
    add: (samples: readonly Sample[], atMs: number): LiveRates => {
      const now: Reading = {
        atMs,
        sockets: sumOf(samples, liveMetrics.sockets),
        subscriptions: sumOf(samples, liveMetrics.subscriptions),
        events: valuesBy(samples, liveMetrics.events, 'operation'),
        closes: valuesBy(samples, liveMetrics.closes, 'code'),
      }
      const known = before(now)
      const seconds = known === undefined ? 0 : (atMs - known.atMs) / 1_000
      readings = [...readings, now].slice(-maxReadings)
      return {
        eventsPerSecond: ratesOf(now.events, known?.events, seconds),
        closesPerSecond: ratesOf(now.closes, known?.closes, seconds),
        points: readings.map((reading, index) => toPoint(reading, readings[index - 1])),
      }
    },
  }
}

const toPoint = (reading: Reading, earlier: Reading | undefined): LivePoint => {
  const seconds = earlier === undefined ? 0 : (reading.atMs - earlier.atMs) / 1_000
  return {
    atMs: reading.atMs,
    sockets: reading.sockets,
    subscriptions: reading.subscriptions,
    eventsPerSecond: Object.values(ratesOf(reading.events, earlier?.events, seconds)).reduce(
      (sum, rate) => sum + rate,
      0,
    ),
  }
}

/** n.b. the counts of a process that was started anew begin at 0 again. */
const ratesOf = (
  now: ReadonlyMap<string, number>,
  before: ReadonlyMap<string, number> | undefined,
  seconds: number,
): Readonly<Record<string, number>> =>
  Object.fromEntries(
    [...now].map(([of, value]) => {
      const since = value - (before?.get(of) ?? 0)
      return [of, before === undefined || seconds === 0 ? 0 : (since < 0 ? value : since) / seconds]
    }),
  )
