import { attributesOf, writeAttribute } from './attributes.ts'
import { ProtobufWriter, tagOf } from './protobuf-writer.ts'
import { type Link, type Span, spanKinds } from './span.ts'

// n.b. the numbers of the fields are those of opentelemetry-proto 1.x
const itemTag = tagOf(2, 'bytes')
const traceIdTag = tagOf(1, 'bytes')
const spanIdTag = tagOf(2, 'bytes')
const parentSpanIdTag = tagOf(4, 'bytes')
const nameTag = tagOf(5, 'bytes')
const kindTag = tagOf(6, 'varint')
const startTimeTag = tagOf(7, 'fixed64')
const endTimeTag = tagOf(8, 'fixed64')
const linkTag = tagOf(13, 'bytes')
const statusTag = tagOf(15, 'bytes')
const statusCodeTag = tagOf(3, 'varint')
const failed = 2
/** Field 16, whose tag has two bytes: the flags of the trace. */
const sampledFlags = Uint8Array.of(0x85, 1, 1, 0, 0, 0)
const otherFlags = Uint8Array.of(0x85, 1, 0, 0, 0, 0)

/** Adds a span to those of a scope; `originMs` is when `performance.now()` was 0, since the epoch. */
export const writeSpan = (writer: ProtobufWriter, span: Span, originMs: number): void => {
  const { trace, parentId, fixed, attributes, links } = span
  const opened = writer.open(itemTag)
  writer.hex(traceIdTag, trace.id)
  writer.hex(spanIdTag, span.id)
  if (parentId !== undefined) writer.hex(parentSpanIdTag, parentId)
  writer.text(nameTag, span.name)
  writer.varint(kindTag, spanKinds[span.kind])
  writer.nanos(startTimeTag, originMs + span.startedAtMs)
  writer.nanos(endTimeTag, originMs + span.endedAtMs)
  for (const { bytes } of fixed) writer.written(bytes)
  for (let index = 0; index < attributes.length; index += 2) {
    const [key, value] = [attributes[index], attributes[index + 1]]
    if (typeof key === 'string' && value !== undefined) writeAttribute(writer, attributesOf.span, key, value)
  }
  if (links !== undefined) for (const each of links) writeLink(writer, each)
  if (span.hasFailed) {
    const state = writer.open(statusTag, 2)
    writer.varint(statusCodeTag, failed)
    writer.close(state)
  }
  writer.written(trace.flags === '01' ? sampledFlags : otherFlags)
  writer.close(opened)
}

const writeLink = (writer: ProtobufWriter, { traceId, id }: Link): void => {
  const opened = writer.open(linkTag, 30)
  writer.hex(traceIdTag, traceId)
  writer.hex(spanIdTag, id)
  writer.close(opened)
}

const resourceTag = tagOf(1, 'bytes')
const scopeTag = tagOf(1, 'bytes')
const scopeNameTag = tagOf(1, 'bytes')
const scopedTag = tagOf(2, 'bytes')
// n.b. one for all bodies: memory that is new each time, and grows each time, costs more than to write into it
const body = new ProtobufWriter()

/**
 * Writes the body of an OTLP request: what each service has, which are the spans or the records of one scope, below the
 * attributes of its resource.
 */
export const writeBody = (
  services: Iterable<readonly [service: string, written: ProtobufWriter]>,
  resourceOf: (service: string) => Uint8Array,
): Buffer => {
  body.clear()
  for (const [service, written] of services) {
    if (written.length === 0) continue
    const all = body.open(resourceTag)
    const resource = body.open(resourceTag)
    body.written(resourceOf(service))
    body.close(resource)
    const scoped = body.open(scopedTag)
    const scope = body.open(scopeTag)
    body.text(scopeNameTag, '@supergraph/telemetry')
    body.close(scope)
    body.written(written.bytes())
    body.close(scoped)
    body.close(all)
  }
  return body.copy()
}
