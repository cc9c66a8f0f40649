import type { DataSource } from 'typeorm'
import { readStarts } from './database/trace-reads.ts'
import type { Delivery } from './pages/live-views.ts'
import { type Span, textOf } from './traces/span.ts'

const maxDeliveries = 50

/** Remembers the latest deliveries of events to subscriptions that spans tell of, newest first. */
export const createDeliveries = (database: DataSource) => {
  let latest: readonly Omit<Delivery, 'ageUs'>[] = []
  return {
    take: (spans: readonly Span[]): void => {
      const found = spans.filter(isDelivery).map(toDelivery)
      if (found.length === 0) return
      latest = [...found, ...latest].toSorted((a, b) => b.atUs - a.atUs).slice(0, maxDeliveries)
    },
    latest: async (): Promise<readonly Delivery[]> => {
      const known = latest
      const starts = await readStarts(
        database,
        known.map(({ traceId }) => traceId),
      )
      return known.map(delivery => ({
        ...delivery,
        ageUs: delivery.atUs - (starts.get(delivery.traceId) ?? delivery.atUs - delivery.durationUs),
      }))
    },
  }
}

const isDelivery = ({ name, service }: Span): boolean => service === 'gateway' && name === 'deliver'

const toDelivery = (span: Span): Omit<Delivery, 'ageUs'> => ({
  traceId: span.traceId,
  spanId: span.spanId,
  atUs: span.startUs + span.durationUs,
  operation: textOf(span, 'graphql.operation.name') ?? null,
  cursor: textOf(span, 'supergraph.subscription.cursor') ?? null,
  durationUs: span.durationUs,
  error: span.error,
})
