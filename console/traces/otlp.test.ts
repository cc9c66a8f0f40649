import { expect, it } from 'vitest'
import { createCheckout, createSpan } from '../tests/example-traces.ts'
import { readTraces, writeTraces } from './otlp.ts'

const parse = (value: object) => JSON.parse(JSON.stringify(value))

it('reads what it has written', () => {
  const spans = [
    ...createCheckout('o-1', 'm-1'),
    createSpan({
      error: 'SERVICE_TIMEOUT',
      attributes: { text: 'a', whole: 3, half: 0.5, yes: true, list: ['a', 'b'] },
      events: [{ name: 'log', atUs: 1_700_000_000_000_001, attributes: { 'log.message': 'hello' } }],
      links: [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }],
    }),
  ]
  const { spans: read, rejected } = readTraces(parse(writeTraces(spans)))
  expect(rejected).toBe(0)
  const byId = (a: { readonly spanId: string }, b: { readonly spanId: string }) =>
    a.spanId < b.spanId ? -1 : 1
  expect(read.toSorted(byId)).toEqual(spans.toSorted(byId))
})

it('reads what other senders write: numbers as texts, ids in capitals, names of states, bytes and maps', () => {
  const span = {
    traceId: 'ABCDEF0123456789ABCDEF0123456789',
    spanId: 'ABCDEF0123456789',
    parentSpanId: '',
    name: 'GET',
    kind: 3,
    startTimeUnixNano: '1700000000000000123',
    endTimeUnixNano: '1700000000000002123',
    attributes: [
      { key: 'n', value: { intValue: '42' } },
      { key: 'map', value: { kvlistValue: { values: [] } } },
      { key: 'none', value: null },
    ],
    status: { code: 'STATUS_CODE_ERROR' },
  }
  const { spans } = readTraces({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })
  expect(spans).toMatchObject([
    {
      traceId: span.traceId.toLowerCase(),
      parentSpanId: null,
      service: 'unknown',
      kind: 'client',
      startUs: 1_700_000_000_000_000,
      durationUs: 2,
      attributes: { n: 42, map: '{"kvlistValue":{"values":[]}}' },
      error: 'failed',
    },
  ])
})

it('leaves out spans without ids or times and counts them, whatever is sent', () => {
  const [good] = createCheckout('o', 'm')
  const written = parse(writeTraces(good === undefined ? [] : [good]))
  const [own] = written.resourceSpans[0].scopeSpans[0].spans
  const spans = [
    own,
    { ...own, traceId: '0'.repeat(32) },
    { ...own, spanId: 'x' },
    { ...own, endTimeUnixNano: 'late' },
  ]
  expect(readTraces({ resourceSpans: [{ scopeSpans: [{ spans }] }] })).toMatchObject({ rejected: 3 })
  for (const body of [null, 1, [], {}, { resourceSpans: 1 }, { resourceSpans: [null, { scopeSpans: [1] }] }])
    expect(readTraces(body)).toEqual({ spans: [], rejected: 0 })
})

it('takes no text that is long or that PostgreSQL can not store', () => {
  const [span] = readTraces(
    parse(writeTraces([createSpan({ name: `a\0b\ud800${'x'.repeat(10_000)}` })])),
  ).spans
  expect(span?.name).toMatch(/^ab\ufffdx+…$/)
  expect(span?.name.length).toBeLessThan(4_100)
})
