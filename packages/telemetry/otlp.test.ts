import { createLogger } from '@supergraph/runtime/logger.ts'
import { newTraceId } from '@supergraph/runtime/trace-context.ts'
import protobufjs from 'protobufjs'
import { expect, it } from 'vitest'
import { createRandom } from '../../testbed/random.ts'
import { attributesIn, attributesOf, fixAttributes } from './attributes.ts'
import { takeLogs } from './logs.ts'
import { readLogsData, readTracesData } from './otlp-reader.ts'
import { createPipeline } from './pipeline.ts'
import { NotProtobuf } from './protobuf-reader.ts'
import { ProtobufWriter, tagOf } from './protobuf-writer.ts'
import { LocalTrace, Span } from './span.ts'

/** What is used of opentelemetry-proto 1.x, for a library that knows nothing of ours. */
const { root } = protobufjs.parse(`syntax = "proto3";
  message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; ArrayValue array_value = 5; KeyValueList kvlist_value = 6; bytes bytes_value = 7; } }
  message ArrayValue { repeated AnyValue values = 1; }
  message KeyValueList { repeated KeyValue values = 1; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; }
  message Scope { string name = 1; string version = 2; }
  message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; }
  message Link { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; repeated KeyValue attributes = 4; fixed32 flags = 6; }
  message Status { string message = 2; int32 code = 3; }
  message Span { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; fixed32 flags = 16; string name = 5; int32 kind = 6; fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9; uint32 dropped_attributes_count = 10; repeated Event events = 11; repeated Link links = 13; Status status = 15; }
  message ScopeSpans { Scope scope = 1; repeated Span spans = 2; string schema_url = 3; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
  message TracesData { repeated ResourceSpans resource_spans = 1; }
  message LogRecord { fixed64 time_unix_nano = 1; fixed64 observed_time_unix_nano = 11; int32 severity_number = 2; string severity_text = 3; AnyValue body = 5; repeated KeyValue attributes = 6; fixed32 flags = 8; bytes trace_id = 9; bytes span_id = 10; }
  message ScopeLogs { Scope scope = 1; repeated LogRecord log_records = 2; }
  message ResourceLogs { Resource resource = 1; repeated ScopeLogs scope_logs = 2; }
  message LogsData { repeated ResourceLogs resource_logs = 1; }`)
const [tracesData, logsData] = [root.lookupType('TracesData'), root.lookupType('LogsData')]

const values = {
  empty: '',
  short: 'a short text',
  long: 'x'.repeat(300),
  longest: 'é'.repeat(70_000),
  other: 'Jürgen 山田 🦊',
  [`a key of ${'many '.repeat(40)}words`]: 'known',
  yes: true,
  no: false,
  zero: 0,
  large: 2 ** 40 + 5,
  negative: -7,
  half: 0.5,
  list: ['a', 'ö', ''],
  numbers: [1, 2.5, -3],
}

/** A message as the other library reads it, in OTLP's JSON but for its times, which are numbers; scopes are left out. */
const knownOf = (type: protobufjs.Type, body: Uint8Array): object => {
  const known = type.toObject(type.decode(body), { longs: Number, bytes: Array })
  return JSON.parse(JSON.stringify(known), (key, value) => {
    if (key === 'scope') return undefined
    return Array.isArray(value) && typeof value[0] === 'number' ? Buffer.from(value).toString('hex') : value
  })
}

const withNumbers = (read: object): object =>
  JSON.parse(JSON.stringify(read), (key, value) => (key.endsWith('UnixNano') ? Number(value) : value))

const recordSpans = (record: (trace: LocalTrace) => void): readonly Buffer[] => {
  const bodies: Buffer[] = []
  const pipeline = createPipeline({
    takers: new Set([(body: Buffer) => void bodies.push(body)]),
    batchSize: 100,
    maxWaiting: 1_000,
    everyMs: 1_000,
    resourceOf: service => attributesIn(attributesOf.resource, { 'service.name': service }),
  })
  const recording = { isSampled: () => true, slowMs: 1_000, keep: pipeline.keep }
  record(new LocalTrace({ id: newTraceId(), parentId: '00f067aa0ba902b7', flags: '01' }, recording))
  pipeline.flush()
  return bodies
}

it('writes spans that other programs read as it does itself', () => {
  const [body = Buffer.alloc(0), ...others] = recordSpans(trace => {
    const fixed = fixAttributes({ a: 1, b: undefined })
    const first = new Span({ name: 'first', kind: 'server', service: 'shop', fixed }, trace, undefined)
    const child = new Span({ name: 'wörk', service: 'orders' }, trace, first)
    for (const [key, value] of Object.entries(values)) child.set(key, value)
    child.link({ traceId: 'a'.repeat(32), id: 'b'.repeat(16) })
    child.fail('BROKEN')
    child.end()
    first.end()
  })
  expect(others).toEqual([])
  const read = readTracesData(body)
  expect(withNumbers(read)).toMatchObject(knownOf(tracesData, body))
  const spans = read.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(each => each.spans))
  const [child, first] = spans
  expect(first).toMatchObject({
    name: 'first',
    kind: 2,
    parentSpanId: '00f067aa0ba902b7',
    flags: 1,
    status: {},
  })
  expect(child).toMatchObject({
    name: 'wörk',
    kind: 1,
    parentSpanId: first?.spanId,
    links: [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }],
    status: { code: 2 },
  })
  expect(child?.attributes.map(({ key, value }) => [key, Object.values(value)[0]])).toEqual(
    Object.entries({
      ...values,
      list: { values: ['a', 'ö', ''].map(stringValue => ({ stringValue })) },
      numbers: { values: [{ intValue: 1 }, { doubleValue: 2.5 }, { intValue: -3 }] },
      'error.type': 'BROKEN',
    }),
  )
  expect(Math.abs(Number(child?.startTimeUnixNano) / 1e6 - Date.now())).toBeLessThan(60_000)
})

it('hands no more spans over at once than it is told to', () => {
  const bodies = recordSpans(trace => {
    const first = new Span({ name: 'first', service: 'shop' }, trace, undefined)
    for (let index = 0; index < 250; index += 1) first.addEnded({ name: `child ${index}` }, 1)
    first.end()
  })
  const counts = bodies.map(body => readTracesData(body).resourceSpans[0]?.scopeSpans[0]?.spans.length)
  expect(counts).toEqual([100, 100, 51])
})

it('writes times to the microsecond, however late it is', () => {
  const writer = new ProtobufWriter()
  for (const ms of [0, 1_790_000_000_123, 1_790_000_000_123.456, 4_294_967_295_999.999, 2 ** 43]) {
    writer.clear()
    writer.nanos(tagOf(1, 'fixed64'), ms)
    const micros = BigInt(Math.floor(ms)) * 1_000n + BigInt(Math.floor((ms % 1) * 1_000))
    expect(writer.copy().readBigUInt64LE(1)).toBe(micros * 1_000n)
  }
})

it('writes lines that other programs read as it does itself', async () => {
  const bodies: Buffer[] = []
  const taking = takeLogs(body => bodies.push(body), {
    resourceOf: service => attributesIn(attributesOf.resource, { 'service.name': service }),
  })
  const ids = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }
  createLogger('a test of OTLP', 'info').warn(
    { ...ids, list: [1, 'ö'], err: new Error('bröken') },
    'it hürts',
  )
  createLogger('a test of OTLP', 'info').warn({ traceId: 'none', spanId: 'A'.repeat(16) }, 'without ids')
  await taking.stop()
  const records = bodies.flatMap(body => {
    const read = readLogsData(body)
    expect(withNumbers(read)).toMatchObject(knownOf(logsData, body))
    return read.resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords))
  })
  const named = (message: string) => records.find(({ body }) => body?.stringValue === message)
  expect(named('it hürts')).toMatchObject({ ...ids, severityNumber: 13, severityText: 'WARN' })
  expect(named('it hürts')?.attributes).toContainEqual({ key: 'list', value: { stringValue: '[1,"ö"]' } })
  expect(named('without ids')?.traceId).toBeUndefined()
})

it('reads what other programs write', () => {
  const sent = {
    resourceSpans: [
      {
        resource: {
          attributes: [{ key: 'service.name', value: { stringValue: 'other' } }],
          droppedAttributesCount: 3,
        },
        scopeSpans: [
          {
            scope: { name: 'theirs', version: '1' },
            spans: [
              {
                traceId: Buffer.alloc(16, 1),
                spanId: Buffer.alloc(8, 2),
                traceState: 'a=b',
                name: 'GET /',
                kind: 3,
                startTimeUnixNano: 1_000,
                endTimeUnixNano: 2_000,
                attributes: [
                  { key: 'bytes', value: { bytesValue: Buffer.of(1, 2) } },
                  {
                    key: 'map',
                    value: { kvlistValue: { values: [{ key: 'a', value: { boolValue: true } }] } },
                  },
                  { key: 'nothing' },
                ],
                events: [
                  {
                    timeUnixNano: 1_500,
                    name: 'exception',
                    attributes: [{ key: 'n', value: { intValue: -5 } }],
                  },
                ],
                status: { code: 2, message: 'it failed' },
              },
            ],
            schemaUrl: 'https://opentelemetry.io/schemas/1.30.0',
          },
        ],
      },
    ],
  }
  const body = Buffer.from(tracesData.encode(tracesData.fromObject(sent)).finish())
  expect(readTracesData(body)).toEqual({
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'other' } }] },
        scopeSpans: [
          {
            spans: [
              {
                traceId: '01'.repeat(16),
                spanId: '02'.repeat(8),
                flags: 0,
                name: 'GET /',
                kind: 3,
                startTimeUnixNano: '1000',
                endTimeUnixNano: '2000',
                attributes: [
                  { key: 'bytes', value: { bytesValue: 'AQI=' } },
                  {
                    key: 'map',
                    value: { kvlistValue: { values: [{ key: 'a', value: { boolValue: true } }] } },
                  },
                  { key: 'nothing', value: {} },
                ],
                events: [
                  {
                    timeUnixNano: '1500',
                    name: 'exception',
                    attributes: [{ key: 'n', value: { intValue: -5 } }],
                  },
                ],
                status: { code: 2, message: 'it failed' },
              },
            ],
          },
        ],
      },
    ],
  })
})

const within = (field: number, inner: Buffer): Buffer => {
  const writer = new ProtobufWriter()
  const opened = writer.open(tagOf(field, 'bytes'))
  writer.written(inner)
  writer.close(opened)
  return writer.copy()
}

it('refuses bytes that are no protobuf, wherever they end or go wrong', () => {
  const [body = Buffer.alloc(0)] = recordSpans(trace => {
    const first = new Span({ name: 'first', service: 'shop' }, trace, undefined)
    first.set('list', ['a'])
    first.end()
  })
  const attempt = (bytes: Buffer): unknown => {
    try {
      return readTracesData(bytes)
    } catch (error) {
      return error
    }
  }
  for (let end = 1; end < body.length; end += 1)
    expect(attempt(body.subarray(0, end))).toBeInstanceOf(NotProtobuf)
  const random = createRandom('protobuf')
  for (let round = 0; round < 5_000; round += 1) {
    const changed = Buffer.from(body)
    changed[random.integer(0, body.length - 1)] = random.integer(0, 255)
    const read = attempt(changed)
    if (read instanceof Error) expect(read).toBeInstanceOf(NotProtobuf)
  }
  let nested: Buffer = Buffer.alloc(0)
  for (let depth = 0; depth < 5_000; depth += 1) nested = within(5, within(1, nested))
  const deep = within(1, within(1, within(1, within(2, nested))))
  expect(attempt(deep)).toBeInstanceOf(NotProtobuf)
})

it('takes no more time than there are bytes, and no more messages than memory has room for', () => {
  const spanOf = (fields: Buffer): Buffer => within(1, within(2, within(2, fields)))
  const events = Buffer.concat(Array(300_000).fill(Buffer.of(tagOf(11, 'bytes'), 0)))
  const [read] = readTracesData(spanOf(events)).resourceSpans
  expect(read?.scopeSpans[0]?.spans[0]?.events).toHaveLength(300_000)
  const attributes = Buffer.concat(Array(1_100_000).fill(Buffer.of(tagOf(9, 'bytes'), 0)))
  expect(() => readTracesData(spanOf(attributes))).toThrow('more than 1000000 messages')
})
