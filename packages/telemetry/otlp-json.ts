import type { AttributeValue } from '@opentelemetry/api'
import { attributeText } from './attributes.ts'
import { type Link, type Span, spanKinds } from './span.ts'

const scope = '{"name":"@supergraph/telemetry","version":"0.1.0"}'

/**
 * Writes spans as the body of an OTLP request, which is JSON text; `resourceTextOf` gives the attributes of a service.
 */
export const otlpText = (spans: readonly Span[], resourceTextOf: (service: string) => string): string => {
  const texts = new Map<string, string>()
  const originMs = clockOrigin()
  for (const span of spans) {
    const text = spanText(span, originMs)
    const before = texts.get(span.service)
    texts.set(span.service, before === undefined ? text : `${before},${text}`)
  }
  let resources = ''
  for (const [service, text] of texts)
    resources += `${resources === '' ? '' : ','}{"resource":{"attributes":[${resourceTextOf(service)}]},"scopeSpans":[{"scope":${scope},"spans":[${text}]}]}`
  return `{"resourceSpans":[${resources}]}`
}

const spanText = (span: Span, originMs: number): string => {
  const { trace, parentId, attributes, links } = span
  const parent = parentId === undefined ? '' : `"parentSpanId":"${parentId}",`
  let own = span.text
  for (let index = 0; index < attributes.length; index += 2)
    own += pairText(attributes[index], attributes[index + 1])
  const linked = links === undefined ? '' : `,"links":[${links.map(linkText).join(',')}]`
  return `{"traceId":"${trace.id}","spanId":"${span.id}",${parent}"flags":${trace.flags === '01' ? 1 : 0},"name":${JSON.stringify(span.name)},"kind":${spanKinds[span.kind]},"startTimeUnixNano":"${nanos(originMs + span.startedAtMs)}","endTimeUnixNano":"${nanos(originMs + span.endedAtMs)}","attributes":[${own.slice(1)}]${linked},"status":${span.hasFailed ? '{"code":2}' : '{}'}}`
}

const pairText = (key: AttributeValue | undefined, value: AttributeValue | undefined): string =>
  typeof key === 'string' && value !== undefined ? attributeText(key, value) : ''

const linkText = ({ traceId, id }: Link): string => `{"traceId":"${traceId}","spanId":"${id}"}`

/** Milliseconds as nanoseconds. n.b. these are more than a number can hold; what is below a microsecond is left out */
const nanos = (ms: number): string => {
  const whole = Math.floor(ms)
  const micros = Math.floor((ms - whole) * 1_000)
  return `${whole}${micros < 10 ? '00' : micros < 100 ? '0' : ''}${micros}000`
}

// n.b. the clock of performance.now() and that of the day drift apart, by seconds in a month
const toleratedDriftMs = 5
let originMs = performance.timeOrigin

const clockOrigin = (): number => {
  const now = Date.now() - performance.now()
  if (Math.abs(now - originMs) > toleratedDriftMs) originMs = now
  return originMs
}
