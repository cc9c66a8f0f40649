import type { createDeliveries } from '../deliveries.ts'
import type { createReadGatewayMetrics } from '../metrics/gateway-metrics.ts'
import { createLiveReadings, liveMetrics } from '../metrics/live-readings.ts'
import { type Sample, sumOf, valuesBy } from '../metrics/samples.ts'
import type { LateAges, LiveRates, LiveView } from '../pages/live-views.ts'
import type { View } from './view.ts'

const everyMs = 2_000

/** The view of what is live: sockets, subscriptions, what they share, and the latest events that they were sent. */
export const createLiveView = (
  readMetrics: ReturnType<typeof createReadGatewayMetrics>,
  deliveries: ReturnType<typeof createDeliveries>,
): View => {
  const readings = createLiveReadings()
  let reading: { readonly atMs: number; readonly view: Promise<LiveView> } | undefined

  const read = async (atMs: number): Promise<LiveView> => {
    const [metrics, latest] = await Promise.all([readMetrics(), deliveries.latest()])
    if ('trouble' in metrics) return { ...nothing, trouble: metrics.trouble, deliveries: latest }
    const { samples, processes } = metrics
    return {
      ...toView(samples, readings.add(samples, atMs)),
      trouble: null,
      processes,
      deliveries: latest,
    }
  }
  return {
    path: /^\/live$/,
    everyMs,
    // n.b. however many look at it, the gateway is asked once every two seconds
    read: () => {
      const atMs = Date.now()
      if (reading === undefined || atMs - reading.atMs >= everyMs) reading = { atMs, view: read(atMs) }
      return reading.view
    },
  }
}

const noAges: LateAges = { now: null, minutes: null }

const nothing = {
  processes: 0,
  sockets: 0,
  streams: 0,
  slow: 0,
  subscriptions: [],
  upstreams: [],
  ages: { ...noAges, bySubgraph: [] },
  closes: [],
  points: [],
}

const toView = (
  samples: readonly Sample[],
  { eventsPerSecond, closesPerSecond, ages, points }: LiveRates,
): Omit<LiveView, 'trouble' | 'processes' | 'deliveries'> => {
  const events = valuesBy(samples, liveMetrics.events, 'operation')
  const open = valuesBy(samples, liveMetrics.subscriptions, 'operation')
  const slow = valuesBy(samples, liveMetrics.slow, 'operation')
  const operations = [...new Set([...open.keys(), ...events.keys()])]
  return {
    sockets: sumOf(samples, liveMetrics.sockets),
    streams: sumOf(samples, liveMetrics.streams),
    slow: sumOf(samples, liveMetrics.slow),
    subscriptions: operations
      .map(operation => ({
        operation,
        open: open.get(operation) ?? 0,
        events: events.get(operation) ?? 0,
        perSecond: eventsPerSecond[operation] ?? 0,
        slow: slow.get(operation) ?? 0,
        ages: ages.byOperation[operation] ?? noAges,
      }))
      .filter(row => row.open + row.events + row.slow > 0)
      .toSorted((a, b) => b.open - a.open || b.events - a.events),
    upstreams: [...valuesBy(samples, liveMetrics.upstreams, 'subgraph')]
      .filter(([, count]) => count > 0)
      .map(([subgraph, count]) => ({ subgraph, open: count })),
    ages: {
      ...ages.all,
      bySubgraph: Object.entries(ages.bySubgraph).map(([subgraph, own]) => ({ subgraph, ...own })),
    },
    closes: [...valuesBy(samples, liveMetrics.closes, 'code')]
      .filter(([, count]) => count > 0)
      .map(([code, count]) => ({ code, count, perSecond: closesPerSecond[code] ?? 0 }))
      .toSorted((a, b) => b.count - a.count),
    points,
  }
}
