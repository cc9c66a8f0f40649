import type { LateAges, LivePoint, LiveRates } from '../pages/live-views.ts'
import { agesSince } from './ages.ts'
import { type Buckets, bucketsBy, bucketsOf, type Sample, sumOf, valuesBy } from './samples.ts'

/** The metrics that the page of what is live shows. */
export const liveMetrics = {
  sockets: 'supergraph_sockets_open',
  streams: 'supergraph_streams_open',
  subscriptions: 'supergraph_subscriptions_open',
  events: 'supergraph_subscription_events_total',
  slow: 'supergraph_slow_consumers_total',
  closes: 'supergraph_socket_closes_total',
  upstreams: 'supergraph_subgraph_subscriptions_open',
  ages: 'supergraph_subscription_event_age_seconds',
} as const

type Reading = {
  readonly atMs: number
  readonly sockets: number
  readonly subscriptions: number
  readonly events: ReadonlyMap<string, number>
  readonly closes: ReadonlyMap<string, number>
  readonly ages: Buckets
  readonly agesByOperation: ReadonlyMap<string, Buckets>
  readonly agesBySubgraph: ReadonlyMap<string, Buckets>
}

const maxReadings = 150
/** Over which time a rate is taken. */
const rateMs = 10_000
/** What the last minutes are. */
const minutesMs = 300_000

/** Keeps the last 150 readings, from which follow rates. */
export const createLiveReadings = () => {
  let readings: readonly Reading[] = []

  const before = (now: Reading): Reading | undefined =>
    readings.findLast(({ atMs }) => atMs <= now.atMs - rateMs) ?? readings[0]

  const agesAt = (now: Reading) => {
    // n.b. nobody may have looked for an hour, of which nothing is to be told as of the last minutes
    const within = (ms: number) => readings.find(({ atMs }) => atMs >= now.atMs - ms)
    const [short, long] = [within(rateMs), within(minutesMs)]
    return (bucketsIn: (reading: Reading) => Buckets | undefined): LateAges => {
      const since = (earlier: Reading | undefined) =>
        earlier === undefined ? null : agesSince(bucketsIn(now) ?? new Map(), bucketsIn(earlier))
      return { now: since(short), minutes: since(long) }
    }
  }

  return {
    /** Takes what was read, and tells what has changed since. */
    add: (samples: readonly Sample[], atMs: number): LiveRates => {
      const now: Reading = {
        atMs,
        sockets: sumOf(samples, liveMetrics.sockets),
        subscriptions: sumOf(samples, liveMetrics.subscriptions),
        events: valuesBy(samples, liveMetrics.events, 'operation'),
        closes: valuesBy(samples, liveMetrics.closes, 'code'),
        ages: bucketsOf(samples, liveMetrics.ages),
        agesByOperation: bucketsBy(samples, liveMetrics.ages, 'operation'),
        agesBySubgraph: bucketsBy(samples, liveMetrics.ages, 'subgraph'),
      }
      const known = before(now)
      const seconds = known === undefined ? 0 : (atMs - known.atMs) / 1_000
      const agesIn = agesAt(now)
      const agesBy = (key: 'agesByOperation' | 'agesBySubgraph') =>
        Object.fromEntries([...now[key].keys()].map(of => [of, agesIn(reading => reading[key].get(of))]))
      const ages = {
        all: agesIn(reading => reading.ages),
        byOperation: agesBy('agesByOperation'),
        bySubgraph: agesBy('agesBySubgraph'),
      }
      readings = [...readings, now].slice(-maxReadings)
      return {
        eventsPerSecond: ratesOf(now.events, known?.events, seconds),
        closesPerSecond: ratesOf(now.closes, known?.closes, seconds),
        ages,
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
    ageP95Us: earlier === undefined ? null : (agesSince(reading.ages, earlier.ages)?.p95Us ?? null),
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
