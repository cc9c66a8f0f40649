import { expect, it, onTestFinished } from 'vitest'
import { readTelemetrySettings } from './environment.ts'
import type { OtlpSpan } from './otlp.ts'
import { inSharedSpan } from './shared-work.ts'
import { addSpanSink } from './sink.ts'
import { startTelemetry } from './telemetry.ts'

const traceparent = (trace: string, span: string) => `00-${trace.repeat(32)}-${span.repeat(16)}-01`
const start = { name: 'read', service: 'shop' } as const

/** Does work for these causes, and gives the spans and what the work got. */
const work = async (causes: readonly (string | undefined)[]) => {
  const spans: OtlpSpan[] = []
  const telemetry = startTelemetry(readTelemetrySettings('test', {}), { warn: () => {} })
  const sink = addSpanSink(({ resourceSpans }) =>
    spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(each => each.spans))),
  )
  onTestFinished(telemetry.stop)
  const got = await inSharedSpan(
    start,
    causes.map(cause => ({ traceparent: cause })),
    async traceparents => traceparents,
  )
  await sink.stop()
  return { spans, got }
}

it('is done in the trace of its only cause', async () => {
  const { spans, got } = await work([traceparent('a', '1')])
  expect(spans).toMatchObject([{ traceId: 'a'.repeat(32), parentSpanId: '1'.repeat(16) }])
  expect(got).toEqual([`00-${'a'.repeat(32)}-${spans[0]?.spanId}-01`])
})

it('is done in a trace of its own for causes of several, each of which shows a span with a link to it', async () => {
  const causes = [traceparent('a', '1'), traceparent('b', '2'), undefined]
  const { spans, got } = await work(causes)
  const [shared, ...singles] = spans
  expect(shared?.parentSpanId).toBeUndefined()
  expect(shared?.links?.map(({ traceId }) => traceId)).toEqual(['a'.repeat(32), 'b'.repeat(32)])
  expect(singles.map(({ traceId }) => traceId)).toEqual(['a'.repeat(32), 'b'.repeat(32)])
  for (const { links } of singles)
    expect(links).toMatchObject([{ traceId: shared?.traceId, spanId: shared?.spanId }])
  expect(got).toEqual([...singles.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`), undefined])
})

it('is done in the trace that all causes have in common', async () => {
  const { spans } = await work([traceparent('a', '1'), traceparent('a', '2')])
  expect(spans.map(({ traceId }) => traceId)).toEqual(Array.from({ length: 3 }, () => 'a'.repeat(32)))
  expect(spans.map(({ parentSpanId }) => parentSpanId)).toEqual(['1', '1', '2'].map(each => each.repeat(16)))
})
