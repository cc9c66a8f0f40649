import { defineReading } from '@supergraph/metrics/metrics.ts'
import { type Running, together } from '@supergraph/runtime/lifecycle.ts'
import { CloseCode } from 'graphql-ws'

/** Subscriptions of one name: how many are open, how many events they were sent, and how many of them read too slowly. */
export type SubscriptionCounts = { open: number; sent: number; slow: number }

/** What clients hear live from this gateway, and what became of it since the gateway started. */
export type Live = ReturnType<typeof createLive>

const codes: ReadonlySet<unknown> = new Set(Object.values(CloseCode))
const isStandard = (code: number): boolean => code >= 1_000 && code <= 1_015

/** Counts what is live; subscriptions whose names are not among these are `other`. */
export const createLive = (names: ReadonlySet<string>) => {
  const closes = new Map<string, number>()
  const subscriptions = new Map<string, SubscriptionCounts>()

  return {
    /** WebSockets of clients that are open. */
    sockets: 0,
    /** Answers as server-sent events that are under way. */
    streams: 0,
    /** How many sockets were closed, by the code of the close, or `other`. */
    get closes(): ReadonlyMap<string, number> {
      return closes
    },
    /** The subscriptions by the names of their operations. */
    get subscriptions(): ReadonlyMap<string, Readonly<SubscriptionCounts>> {
      return subscriptions
    },
    /** Counts a close. n.b. a client may send any code from 3000 to 4999 */
    countClose: (code: number): void => {
      const known = isStandard(code) || codes.has(code) ? String(code) : 'other'
      closes.set(known, (closes.get(known) ?? 0) + 1)
    },
    /** The counts that a subscription is among. */
    countsOf: (name: string | undefined): SubscriptionCounts => {
      const known = name !== undefined && names.has(name) ? name : 'other'
      const counts = subscriptions.get(known) ?? { open: 0, sent: 0, slow: 0 }
      subscriptions.set(known, counts)
      return counts
    },
  }
}

const openSockets = defineReading({
  kind: 'level',
  name: 'supergraph_sockets_open',
  help: 'WebSockets of clients that are open.',
  labels: [],
})

const socketCloses = defineReading({
  kind: 'count',
  name: 'supergraph_socket_closes_total',
  help: 'WebSockets of clients that were closed, by the code of the close; 1006 is a connection that broke or was cut off.',
  labels: ['code'],
})

const openStreams = defineReading({
  kind: 'level',
  name: 'supergraph_streams_open',
  help: 'Answers as server-sent events that are under way.',
  labels: [],
})

const openSubscriptions = defineReading({
  kind: 'level',
  name: 'supergraph_subscriptions_open',
  help: 'Subscriptions of clients that are open, by the name of a recorded operation, or `other`.',
  labels: ['operation'],
})

const eventsSent = defineReading({
  kind: 'count',
  name: 'supergraph_subscription_events_total',
  help: 'Events that subscriptions of clients were sent, by the name of a recorded operation, or `other`.',
  labels: ['operation'],
})

const slowConsumers = defineReading({
  kind: 'count',
  name: 'supergraph_slow_consumers_total',
  help: 'Subscriptions that ended since their clients read too slowly, by the name of a recorded operation, or `other`.',
  labels: ['operation'],
})

/** Reads what is live, until stopped. */
export const watchLive = (live: Live): Running => {
  const ofSubscriptions = (count: keyof SubscriptionCounts) => () =>
    [...live.subscriptions].map(([operation, counts]) => [{ operation }, counts[count]] as const)
  const readings = [
    openSockets.from(() => [[{}, live.sockets]]),
    socketCloses.from(() => [...live.closes].map(([code, count]) => [{ code }, count])),
    openStreams.from(() => [[{}, live.streams]]),
    openSubscriptions.from(ofSubscriptions('open')),
    eventsSent.from(ofSubscriptions('sent')),
    slowConsumers.from(ofSubscriptions('slow')),
  ]
  return together(readings)
}
