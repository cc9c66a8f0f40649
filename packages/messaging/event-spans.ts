import { runInSpan } from '@supergraph/runtime/trace-context.ts'
import { fixAttributes } from '@supergraph/telemetry/attributes.ts'
import { inSharedSpan } from '@supergraph/telemetry/shared-work.ts'
import type { Span } from '@supergraph/telemetry/span.ts'
import { activeSpan, startTrace } from '@supergraph/telemetry/spans.ts'
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

/**
 * Publishes an event in a span of the event's trace; if it is published for the first time, a span beside it shows for how
 * long the event has waited in the outbox.
 */
export const inSendSpan = async (
  event: Envelope,
  { attempt, isReplay }: { readonly attempt: number; readonly isReplay: boolean },
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
  const ageMs = Math.max(0, Date.now() - Date.parse(event.time))
  if (attempt === 1 && !isReplay) span.addWait('wait in outbox', span.startedAtMs - ageMs)
  span.set('supergraph.event.attempt', attempt)
  span.set('supergraph.event.age_ms', ageMs)
  try {
    await runInSpan(span, publish)
  } catch (error) {
    if (!(error instanceof StillBeingHandled)) span.fail(error)
    throw error
  } finally {
    span.end()
  }
}

/** An event, and when it came, by `performance.now()`. */
export type Arrived<Event> = { readonly event: Event; readonly arrivedAtMs: number }

/**
 * Handles events in a span of the trace that they have in common, or else in one that the trace of each of them has a link
 * to. What the work gets are the events as if the span that handles each had caused it.
 */
export const inProcessSpan = <Event extends Envelope>(
  queue: string,
  arrived: readonly Arrived<Event>[],
  work: (events: readonly Event[]) => Promise<void>,
): Promise<void> => {
  const start = {
    name: `process ${queue}`,
    kind: 'consumer',
    service: queue.slice(0, queue.indexOf('.')),
    fixed: ofProcessing,
  } as const
  const causes = arrived.map(({ event, arrivedAtMs }) => ({
    traceparent: event.traceparent,
    tell: (span: Span) => {
      span.addWait('wait for turn', arrivedAtMs)
      span.set('messaging.destination.name', queue)
      tellEvent(span, event)
    },
  }))
  return inSharedSpan(start, causes, (traceparents, span) => {
    if (arrived.length > 1) {
      span?.set('messaging.destination.name', queue)
      span?.set('messaging.batch.message_count', arrived.length)
    }
    return work(arrived.map(({ event }, index) => ({ ...event, traceparent: traceparents[index] })))
  })
}

const tellEvent = (span: Span, { id, type, subject, version }: Envelope): void => {
  span.set('messaging.message.id', id)
  span.set('cloudevents.event_type', type)
  span.set('cloudevents.event_subject', subject)
  span.set('supergraph.event.version', version)
}
