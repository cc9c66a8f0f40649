import { numberOf, type Span, textOf } from './span.ts'

/** Something that happened to an event. */
export type EventStep = {
  readonly what:
    | 'written to the outbox'
    | 'published'
    | 'handled'
    | 'read for a subscription'
    | 'completed by the gateway'
    | 'written to a socket'
    | 'sent as e-mail'
  readonly service: string
  /** The exchange, queue or topic. */
  readonly place: string | null
  readonly atUs: number
  /** From the event's birth to the end of this. */
  readonly ageUs: number
  readonly durationUs: number
  readonly attempt: number | null
  readonly outcome: string | null
  readonly error: string | null
  readonly traceId: string
  readonly spanId: string
}

/** What happened to an event, in order: from the outbox to every effect that spans tell of. */
export const eventWayOf = (spans: readonly Span[], messageId: string): readonly EventStep[] => {
  const created = spans.find(span => isAbout(span, messageId) && operationOf(span) === 'create')
  const own = descendants(spans, span => isAbout(span, messageId))
  const steps = own.flatMap(span => {
    const what = whatOf(span)
    return what === undefined ? [] : { span, what }
  })
  const bornUs = created?.startUs ?? Math.min(...steps.map(({ span }) => span.startUs))
  return steps.map(({ span, what }) => ({
    what,
    service: span.service,
    place: textOf(span, 'messaging.destination.name') ?? textOf(span, 'supergraph.topic') ?? null,
    atUs: span.startUs,
    ageUs: span.startUs + span.durationUs - bornUs,
    durationUs: span.durationUs,
    attempt: numberOf(span, 'supergraph.event.attempt') ?? numberOf(span, 'supergraph.email.attempt') ?? null,
    outcome: textOf(span, 'supergraph.event.outcome') ?? null,
    error: span.error,
    traceId: span.traceId,
    spanId: span.spanId,
  }))
}

/** The traces that hold what was done for this event together with others. */
export const batchesOf = (spans: readonly Span[], messageId: string): readonly string[] => [
  ...new Set(
    spans
      .filter(span => isAbout(span, messageId) && operationOf(span) === 'process')
      .flatMap(({ links }) => links.map(({ traceId }) => traceId)),
  ),
]

const isAbout = (span: Span, messageId: string): boolean => textOf(span, 'messaging.message.id') === messageId

const operationOf = (span: Span): string | undefined => textOf(span, 'messaging.operation.type')

const whatOf = (span: Span): EventStep['what'] | undefined => {
  const operation = operationOf(span)
  if (operation === 'create') return 'written to the outbox'
  if (operation === 'send') return 'published'
  if (operation === 'process') return 'handled'
  if (span.name === 'read subscription') return 'read for a subscription'
  if (span.name === 'deliver') return 'completed by the gateway'
  if (span.name === 'write frame') return 'written to a socket'
  return span.attributes['supergraph.email.id'] === undefined ? undefined : 'sent as e-mail'
}

/** The spans that `isRoot` selects, and all below them. */
const descendants = (spans: readonly Span[], isRoot: (span: Span) => boolean): readonly Span[] => {
  const children = Map.groupBy(spans, ({ parentSpanId }) => parentSpanId)
  const found = new Set<Span>()
  const visit = (span: Span): void => {
    if (found.has(span)) return
    found.add(span)
    for (const child of children.get(span.spanId) ?? []) visit(child)
  }
  for (const span of spans) if (isRoot(span)) visit(span)
  return spans.filter(span => found.has(span))
}
