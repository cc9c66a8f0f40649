import { readTraceparent, runInSpan } from '@supergraph/runtime/trace-context.ts'
import { fixAttributes } from '@supergraph/telemetry/attributes.ts'
import type { Span } from '@supergraph/telemetry/span.ts'
import { activeSpan, endWith, startTrace } from '@supergraph/telemetry/spans.ts'
import type { Envelope } from './envelope.ts'
import { StillBeingHandled } from './transport.ts'

const exchange = 'supergraph.events'
const ofCreation = fixAttributes({
  'messaging.operation.type': 'create',
  'messaging.destination.name': exchange,
})
const ofSending = fixAttributes({
  'messaging.operation.type': 'send',
  'messaging.destination.name': exchange,
})
const ofProcessing = fixAttributes({ 'messaging.operation.type': 'process' })

/** Records that an event was written; gives the `traceparent` for it, or undefined if spans are not recorded. */
export const traceCreation = (event: Envelope): string | undefined => {
  const span = activeSpan()
  if (span === undefined) return undefined
  const nowMs = performance.now()
  const created = span.addEnded(
    { name: `create ${event.type}`, kind: 'producer', fixed: ofCreation },
    nowMs,
    nowMs,
  )
  tellEvent(created, event)
  return created.traceparent
}

/** Publishes an event in a span of the event's trace, which begins when the event was written: it has waited since. */
export const inSendSpan = async (
  event: Envelope,
  attempt: number,
  publish: () => Promise<void>,
): Promise<void> => {
  if (event.traceparent === undefined) return publish()
  const span = startTrace(event.traceparent, {
    name: `send ${event.type}`,
    kind: 'producer',
    service: event.source,
    fixed: ofSending,
  })
  if (span === undefined) return publish()
  tellEvent(span, event)
  span.set('supergraph.event.attempt', attempt)
  span.set('supergraph.event.age_ms', Math.max(0, Date.now() - Date.parse(event.time)))
  try {
    await runInSpan(span, publish)
  } catch (error) {
    if (!(error instanceof StillBeingHandled)) span.fail(error)
    throw error
  } finally {
    span.end()
  }
}

/**
 * Handles events in a span: one event in its own trace; several in a trace of their own, to which the trace of each of them
 * has a link.
 */
export const inProcessSpan = async (
  queue: string,
  events: readonly Envelope[],
  work: () => Promise<void>,
): Promise<void> => {
  const [first, ...others] = events
  const traceparent = others.length === 0 ? first?.traceparent : undefined
  const start = {
    name: `process ${queue}`,
    kind: 'consumer',
    service: queue.slice(0, queue.indexOf('.')),
    fixed: ofProcessing,
  } as const
  const span = startTrace(traceparent, start)
  if (span === undefined || first === undefined) return work()
  span.set('messaging.destination.name', queue)
  if (others.length === 0) tellEvent(span, first)
  else span.set('messaging.batch.message_count', events.length)
  for (const event of events) link(span, event.traceparent)
  const singles = others.length === 0 ? [] : events.flatMap(event => startSingle(event, start, span, queue))
  try {
    await endWith(span, work)
  } catch (error) {
    for (const single of singles) single.fail(error)
    throw error
  } finally {
    for (const single of singles) single.end()
  }
}

/** What the trace of one of several events shows of their handling. */
const startSingle = (
  event: Envelope,
  start: Parameters<typeof startTrace>[1],
  batch: Span,
  queue: string,
): readonly Span[] => {
  if (event.traceparent === undefined) return []
  const single = startTrace(event.traceparent, start)
  if (single === undefined) return []
  single.set('messaging.destination.name', queue)
  tellEvent(single, event)
  single.link(batch)
  return [single]
}

const link = (span: Span, traceparent: string | undefined): void => {
  const other = readTraceparent(traceparent)
  if (other !== undefined) span.link({ traceId: other.traceId, id: other.spanId })
}

const tellEvent = (span: Span, { id, type, subject, version }: Envelope): void => {
  span.set('messaging.message.id', id)
  span.set('cloudevents.event_type', type)
  span.set('cloudevents.event_subject', subject)
  span.set('supergraph.event.version', version)
}
