import { defineReading, defineSeconds } from '@supergraph/metrics/metrics.ts'
import type { Durations } from '@supergraph/metrics/seconds.ts'
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
  const nameOf = (name: string | undefined): string =>
    name !== undefined && names.has(name) ? name : 'other'

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
      const operation = nameOf(name)
      const counts = subscriptions.get(operation) ?? { open: 0, sent: 0, slow: 0 }
      subscriptions.set(operation, counts)
      return counts
    },
    /** What measures the ages of the events that a subgraph sends for a subscription. */
    agesOf: (name: string | undefined, subgraph: string): Durations =>
      eventAges.of({ operation: nameOf(name), subgraph }),
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

const eventAges = defineSeconds({
  name: 'supergraph_subscription_event_age_seconds',
  help: 'Age of an event when its frame is written to a client, from the time in the event, by the name of a recorded operation, or `other`; 0 if the clock of its service is ahead. Events from before the client subscribed, such as those that it resumes with, are not counted.',
  labels: ['operation', 'subgraph'],
  bounds: [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
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
