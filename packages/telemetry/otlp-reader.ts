import type {
  LogsData,
  OtlpAttribute,
  OtlpEvent,
  OtlpLink,
  OtlpLogRecord,
  OtlpResource,
  OtlpSpan,
  OtlpValue,
  TracesData,
} from './otlp.ts'
import { NotProtobuf, ProtobufReader } from './protobuf-reader.ts'

// n.b. a value may hold others, and a stranger's as many levels of them as fit
const maxDepth = 20

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

/** Reads the body of an OTLP request with traces, which is protobuf; throws `NotProtobuf`. */
export const readTracesData = (body: Buffer): TracesData => ({
  resourceSpans: listOf(new ProtobufReader(body), 1, reader => {
    const { resource, scopes } = readResourceScopes(reader, readSpan)
    return { resource, scopeSpans: scopes.map(spans => ({ spans })) }
  }),
})

/** Reads the body of an OTLP request with logs, which is protobuf; throws `NotProtobuf`. */
export const readLogsData = (body: Buffer): LogsData => ({
  resourceLogs: listOf(new ProtobufReader(body), 1, reader => {
    const { resource, scopes } = readResourceScopes(reader, readLogRecord)
    return { resource, scopeLogs: scopes.map(logRecords => ({ logRecords })) }
  }),
})

/** The messages in one field of a message that is read to its end. */
const listOf = <T>(reader: ProtobufReader, wanted: number, read: (reader: ProtobufReader) => T): T[] => {
  const list: T[] = []
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === wanted) list.push(reader.message(read))
    else reader.skip()
  }
  return list
}

const readResourceScopes = <T>(reader: ProtobufReader, read: (reader: ProtobufReader) => T) => {
  let resource: OtlpResource = { attributes: [] }
  const scopes: T[][] = []
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) resource = reader.message(readResource)
    else if (field === 2) scopes.push(reader.message(scope => listOf(scope, 2, read)))
    else reader.skip()
  }
  return { resource, scopes }
}

const readResource = (reader: ProtobufReader): OtlpResource => ({
  attributes: listOf(reader, 1, readAttribute),
})

const readSpan = (reader: ProtobufReader): OtlpSpan => {
  const attributes: OtlpAttribute[] = []
  const events: OtlpEvent[] = []
  const links: OtlpLink[] = []
  const span: Mutable<OtlpSpan> = {
    traceId: '',
    spanId: '',
    flags: 0,
    name: '',
    kind: 0,
    startTimeUnixNano: '0',
    endTimeUnixNano: '0',
    attributes,
    status: {},
  }
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) span.traceId = reader.hex()
    else if (field === 2) span.spanId = reader.hex()
    else if (field === 4) span.parentSpanId = reader.hex()
    else if (field === 5) span.name = reader.text()
    else if (field === 6) span.kind = reader.integer()
    else if (field === 7) span.startTimeUnixNano = reader.fixed64()
    else if (field === 8) span.endTimeUnixNano = reader.fixed64()
    else if (field === 9) attributes.push(reader.message(readAttribute))
    else if (field === 11) events.push(reader.message(readEvent))
    else if (field === 13) links.push(reader.message(readLink))
    else if (field === 15) span.status = reader.message(readStatus)
    else if (field === 16) span.flags = reader.fixed32()
    else reader.skip()
  }
  if (events.length > 0) span.events = events
  if (links.length > 0) span.links = links
  return span
}

const readEvent = (reader: ProtobufReader): OtlpEvent => {
  const attributes: OtlpAttribute[] = []
  const event: Mutable<OtlpEvent> = { timeUnixNano: '0', name: '', attributes }
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) event.timeUnixNano = reader.fixed64()
    else if (field === 2) event.name = reader.text()
    else if (field === 3) attributes.push(reader.message(readAttribute))
    else reader.skip()
  }
  return event
}

const readLink = (reader: ProtobufReader): OtlpLink => {
  const link = { traceId: '', spanId: '' }
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) link.traceId = reader.hex()
    else if (field === 2) link.spanId = reader.hex()
    else reader.skip()
  }
  return link
}

const readStatus = (reader: ProtobufReader): OtlpSpan['status'] => {
  const status: Mutable<OtlpSpan['status']> = {}
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 2) status.message = reader.text()
    else if (field === 3) status.code = reader.integer()
    else reader.skip()
  }
  return status
}

const readLogRecord = (reader: ProtobufReader): OtlpLogRecord => {
  const attributes: OtlpAttribute[] = []
  const record: Mutable<OtlpLogRecord> = { severityNumber: 0, severityText: '', attributes }
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) record.timeUnixNano = reader.fixed64()
    else if (field === 2) record.severityNumber = reader.integer()
    else if (field === 3) record.severityText = reader.text()
    else if (field === 5) record.body = reader.message(readValue)
    else if (field === 6) attributes.push(reader.message(readAttribute))
    else if (field === 9) record.traceId = reader.hex()
    else if (field === 10) record.spanId = reader.hex()
    else if (field === 11) record.observedTimeUnixNano = reader.fixed64()
    else reader.skip()
  }
  return record
}

const readAttribute = (reader: ProtobufReader, depth = 0): OtlpAttribute => {
  let key = ''
  let value: OtlpValue = {}
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) key = reader.text()
    else if (field === 2) value = reader.message(inner => readValue(inner, depth))
    else reader.skip()
  }
  return { key, value }
}

const readValue = (reader: ProtobufReader, depth = 0): OtlpValue => {
  if (depth > maxDepth) throw new NotProtobuf(`there are more than ${maxDepth} values in each other`)
  let value: OtlpValue = {}
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) value = { stringValue: reader.text() }
    else if (field === 2) value = { boolValue: reader.boolean() }
    else if (field === 3) value = { intValue: reader.integer() }
    else if (field === 4) value = { doubleValue: reader.double() }
    else if (field === 5)
      value = {
        arrayValue: { values: reader.message(list => listOf(list, 1, each => readValue(each, depth + 1))) },
      }
    else if (field === 6)
      value = {
        kvlistValue: {
          values: reader.message(list => listOf(list, 1, each => readAttribute(each, depth + 1))),
        },
      }
    else if (field === 7) value = { bytesValue: Buffer.from(reader.hex(), 'hex').toString('base64') }
    else reader.skip()
  }
  return value
}
