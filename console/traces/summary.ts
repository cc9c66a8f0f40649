import { numberOf, type Span, textOf } from './span.ts'

/** What a batch of spans tells about their trace; a trace's batches add up. */
export type Summary = {
  readonly traceId: string
  readonly startUs: number
  readonly endUs: number
  readonly spans: number
  /** Spans that failed. */
  readonly errors: number
  /** Calls of subgraphs. */
  readonly calls: number
  /** SQL statements. */
  readonly statements: number
  /** `key=value` of the attributes that the trace is found by. */
  readonly tags: readonly string[]
  readonly subjects: readonly Subject[]
  /** Undefined if the span that began the trace is not among these. */
  readonly entry: Entry | undefined
}

/** The span that began a trace. */
export type Entry = {
  readonly kind: 'request' | 'work'
  readonly name: string
  readonly service: string
  readonly client: string | undefined
  readonly durationUs: number
  readonly startUs: number
  readonly isFailed: boolean
  readonly isPlanCached: boolean | undefined
  readonly isShared: boolean
}

/** A thing of the shop that a trace has to do with; `label` says more, such as the type of an event. */
export type Subject = {
  readonly kind: 'order' | 'event' | 'user'
  readonly id: string
  readonly label: string
  readonly atUs: number
}

const maxTags = 200
const maxTagLength = 160
const maxSubjects = 200
/** Attributes that are texts to read and not to search by. */
const unsearched: ReadonlySet<string> = new Set([
  ...['db.query.text', 'graphql.document', 'exception.stacktrace'],
  ...['supergraph.plan.text', 'supergraph.error.list', 'supergraph.entities.missing'],
])

/** What the spans of one trace tell about it. */
export const summarize = (traceId: string, spans: readonly Span[]): Summary => ({
  traceId,
  startUs: Math.min(...spans.map(({ startUs }) => startUs)),
  endUs: Math.max(...spans.map(({ startUs, durationUs }) => startUs + durationUs)),
  spans: spans.length,
  errors: spans.filter(({ error }) => error !== null).length,
  calls: spans.filter(isCall).length,
  statements: spans.filter(isStatement).length,
  tags: tagsOf(spans),
  subjects: subjectsOf(spans),
  entry: entryOf(spans),
})

/** Whether a span is a call of a subgraph. */
export const isCall = (span: Span): boolean =>
  span.kind === 'client' && span.attributes['supergraph.subgraph'] !== undefined

/** Whether a span is an SQL statement. */
export const isStatement = (span: Span): boolean => span.attributes['db.system.name'] !== undefined

/** Whether a span is an operation as a client sent it: over a socket, or over HTTP to the gateway. */
export const isOperation = ({ kind, service, attributes }: Span): boolean =>
  kind === 'server' &&
  (attributes['supergraph.transport'] !== undefined ||
    (service === 'gateway' && attributes['http.route'] !== undefined))

/**
 * The span that began a trace, if it is among these.
 * n.b. a front end may have begun the trace, and then the operation has a parent that never comes
 */
export const entryOf = (spans: readonly Span[]): Entry | undefined => {
  const span = spans.find(isOperation) ?? spans.find(({ parentSpanId }) => parentSpanId === null)
  if (span === undefined) return undefined
  const cached = span.attributes['supergraph.plan.cached']
  return {
    kind: span.kind === 'server' ? 'request' : 'work',
    name: textOf(span, 'graphql.operation.name') ?? span.name,
    service: span.service,
    client: textOf(span, 'supergraph.client.name'),
    durationUs: span.durationUs,
    startUs: span.startUs,
    isFailed: span.error !== null || (numberOf(span, 'supergraph.errors') ?? 0) > 0,
    isPlanCached: typeof cached === 'boolean' ? cached : undefined,
    isShared: span.attributes['supergraph.shared'] === true,
  }
}

const tagsOf = (spans: readonly Span[]): readonly string[] => {
  const tags = new Set<string>()
  for (const span of spans) {
    tags.add(`service=${span.service}`)
    for (const [key, value] of Object.entries(span.attributes)) {
      const tag = `${key}=${value}`
      if (!unsearched.has(key) && tag.length <= maxTagLength) tags.add(tag)
      if (tags.size >= maxTags) return [...tags]
    }
  }
  return [...tags]
}

const subjectsOf = (spans: readonly Span[]): readonly Subject[] => {
  const subjects = new Map<string, Subject>()
  const note = (kind: Subject['kind'], id: string | undefined, label: string, atUs: number): void => {
    const key = `${kind} ${id}`
    if (id !== undefined && subjects.size < maxSubjects && !subjects.has(key))
      subjects.set(key, { kind, id, label, atUs })
  }
  for (const span of spans) {
    const { startUs } = span
    const type = textOf(span, 'cloudevents.event_type')
    note('user', textOf(span, 'user.id'), '', startUs)
    note('order', textOf(span, 'supergraph.order.id'), '', startUs)
    if (type?.startsWith('order.')) note('order', textOf(span, 'cloudevents.event_subject'), '', startUs)
    if (type !== undefined) note('event', textOf(span, 'messaging.message.id'), type, startUs)
  }
  return [...subjects.values()]
}
