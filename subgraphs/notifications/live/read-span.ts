import { inSharedSpan } from '@supergraph/telemetry/shared-work.ts'
import { startTrace } from '@supergraph/telemetry/spans.ts'
import type { Cause } from '../database/announcements.ts'

const start = { name: 'read subscription', service: 'notifications' } as const

/** Reads what is new for subscriptions in a span of the traces that have brought it; in none if nothing is known to be new. */
export const inReadSpan = <T>(causes: readonly Cause[], read: () => Promise<T>): Promise<T> => {
  if (causes.length === 0) return read()
  const topicOf = new Map(causes.map(({ topic, traceparent }) => [traceparent, topic]))
  return inSharedSpan(
    start,
    [...topicOf].map(([traceparent, topic]) => ({
      traceparent,
      tell: span => span.set('supergraph.topic', topic),
    })),
    read,
  )
}

const heldBack = { name: 'held back', service: 'notifications' } as const

/** Records for how long something new was held back, since what comes before it, or the database, was not there. */
export const tellHeldBack = (traceparent: string, sinceMs: number): void => {
  startTrace(traceparent, heldBack, sinceMs)?.end()
}
