import { isJsonObject, type JsonObject, setOwn } from '@supergraph/runtime/json-object.ts'
import { planTextKey } from './query-plan.ts'
import {
  type Attribute,
  type Attributes,
  type Span,
  type SpanEvent,
  type SpanLink,
  spanKinds,
} from './span.ts'

// n.b. a sender decides how much it sends: what is past these limits is left out, so that no span is large
const maxTextLength = 4_096
const maxPlanLength = 32_768
const maxEntries = 128

/** The spans in the body of an OTLP export as JSON; `rejected` counts those without proper ids or times. */
export const readTraces = (body: unknown): { readonly spans: readonly Span[]; readonly rejected: number } => {
  const spans: Span[] = []
  let rejected = 0
  for (const { resource, scopeSpans } of objectsIn(body, 'resourceSpans')) {
    const service = serviceIn(resource)
    for (const raw of listOf(scopeSpans).flatMap(scope => objectsIn(scope, 'spans'))) {
      const span = readSpan(service, raw)
      if (span === undefined) rejected += 1
      else spans.push(span)
    }
  }
  return { spans, rejected }
}

/** The spans as the body of an OTLP export. */
export const writeTraces = (spans: readonly Span[]): object => ({
  resourceSpans: [...Map.groupBy(spans, ({ service }) => service)].map(([service, own]) => ({
    resource: { attributes: writeAttributes({ 'service.name': service }) },
    scopeSpans: [{ scope: { name: '@supergraph/console' }, spans: own.map(writeSpan) }],
  })),
})

const readSpan = (service: string, raw: JsonObject): Span | undefined => {
  const [traceId, spanId] = [idIn(raw.traceId, 32), idIn(raw.spanId, 16)]
  const [startUs, endUs] = [microsecondsIn(raw.startTimeUnixNano), microsecondsIn(raw.endTimeUnixNano)]
  if (traceId === undefined || spanId === undefined || startUs === undefined || endUs === undefined)
    return undefined
  const attributes = readAttributes(raw.attributes)
  return {
    traceId,
    spanId,
    parentSpanId: idIn(raw.parentSpanId, 16) ?? null,
    service,
    name: cut(raw.name),
    kind: spanKinds[Number(raw.kind)] ?? 'internal',
    startUs,
    durationUs: Math.max(endUs - startUs, 0),
    attributes,
    events:
      raw.events === undefined ? none : objectsIn(raw, 'events').slice(0, maxEntries).map(readEvent(startUs)),
    links: raw.links === undefined ? none : objectsIn(raw, 'links').slice(0, maxEntries).flatMap(readLink),
    error: errorIn(raw.status, attributes),
  }
}

const none: readonly never[] = []

const readLink = (link: JsonObject): readonly SpanLink[] => {
  const [traceId, spanId] = [idIn(link.traceId, 32), idIn(link.spanId, 16)]
  return traceId && spanId ? [{ traceId, spanId }] : none
}

const errorIn = (status: unknown, attributes: Attributes): string | null => {
  if (!isJsonObject(status) || (status.code !== 2 && status.code !== 'STATUS_CODE_ERROR')) return null
  return cut(status.message) || String(attributes['error.type'] ?? 'failed')
}

const readEvent =
  (startUs: number) =>
  ({ name, timeUnixNano, attributes }: JsonObject): SpanEvent => ({
    name: cut(name),
    atUs: microsecondsIn(timeUnixNano) ?? startUs,
    attributes: readAttributes(attributes),
  })

/** The attributes of a span, an event or a line. */
export const readAttributes = (raw: unknown): Attributes => {
  const attributes: Record<string, Attribute> = {}
  const entries = listOf(raw)
  for (let index = 0; index < entries.length && index < maxEntries; index += 1) {
    const entry = entries[index]
    if (!isJsonObject(entry) || typeof entry.key !== 'string') continue
    const value = readValue(entry.value, entry.key === planTextKey ? maxPlanLength : maxTextLength)
    if (value !== undefined) setOwn(attributes, cut(entry.key), value)
  }
  return attributes
}

const readValue = (raw: unknown, maxLength = maxTextLength): Attribute | undefined => {
  if (!isJsonObject(raw)) return undefined
  if (typeof raw.stringValue === 'string') return cut(raw.stringValue, maxLength)
  if (typeof raw.boolValue === 'boolean') return raw.boolValue
  // n.b. a 64-bit integer is a text in OTLP's JSON
  if (raw.intValue !== undefined) return Number(raw.intValue)
  if (raw.doubleValue !== undefined) return Number(raw.doubleValue)
  if (isJsonObject(raw.arrayValue)) {
    return listOf(raw.arrayValue.values)
      .slice(0, maxEntries)
      .flatMap(value => readValue(value) ?? '')
  }
  return cut(JSON.stringify(raw))
}

/** The name of the service that a resource stands for. */
export const serviceIn = (resource: unknown): string => {
  const { attributes } = isJsonObject(resource) ? resource : {}
  return String(readAttributes(attributes)['service.name'] ?? 'unknown')
}

/** A list, or an empty one in place of anything else. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** The objects in a list below a key. */
export const objectsIn = (value: unknown, key: string): readonly JsonObject[] =>
  isJsonObject(value) ? listOf(value[key]).filter(isJsonObject) : []

/** A text that is not too long. n.b. PostgreSQL stores neither the character 0 nor half a surrogate pair. */
export const cut = (value: unknown, maxLength = maxTextLength): string => {
  if (typeof value !== 'string') return ''
  const text = value.length > maxLength ? `${value.slice(0, maxLength)}…` : value
  return text.includes('\0') || !text.isWellFormed() ? text.replaceAll('\0', '').toWellFormed() : text
}

/** An id of so many hexadecimal digits; undefined if it is none. */
export const idIn = (value: unknown, length: number): string | undefined =>
  typeof value === 'string' && value.length === length && /^[\da-f]+$/i.test(value) && /[^0]/.test(value)
    ? value.toLowerCase()
    : undefined

/** Microseconds since 1970. n.b. nanoseconds are more than a number holds. */
export const microsecondsIn = (nanoseconds: unknown): number | undefined => {
  const digits = typeof nanoseconds === 'number' ? String(BigInt(Math.round(nanoseconds))) : nanoseconds
  return typeof digits === 'string' && /^\d{4,19}$/.test(digits) ? Number(digits.slice(0, -3)) : undefined
}

const writeSpan = (span: Span) => ({
  traceId: span.traceId,
  spanId: span.spanId,
  ...(span.parentSpanId !== null && { parentSpanId: span.parentSpanId }),
  name: span.name,
  kind: Math.max(spanKinds.lastIndexOf(span.kind), 1),
  startTimeUnixNano: `${span.startUs}000`,
  endTimeUnixNano: `${span.startUs + span.durationUs}000`,
  attributes: writeAttributes(span.attributes),
  events: span.events.map(({ name, atUs, attributes }) => ({
    name,
    timeUnixNano: `${atUs}000`,
    attributes: writeAttributes(attributes),
  })),
  links: span.links,
  status: span.error === null ? {} : { code: 2, message: span.error },
})

const writeAttributes = (attributes: Attributes) =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: writeValue(value) }))

const writeValue = (value: Attribute): object => {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number')
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  return { arrayValue: { values: value.map(writeValue) } }
}
