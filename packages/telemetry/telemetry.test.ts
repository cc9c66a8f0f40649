import { currentTraceparent, runInTrace } from '@supergraph/runtime/trace-context.ts'
import { expect, it, onTestFinished, vi } from 'vitest'
import { readTelemetrySettings } from './environment.ts'
import type { OtlpSpan } from './otlp.ts'
import { addSpanSink } from './sink.ts'
import { activeSpan, endWith, inSpan, startTrace } from './spans.ts'
import { startTelemetry } from './telemetry.ts'

const parent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const root = { name: 'query', kind: 'server', service: 'shop' } as const

/** Collects spans, recorded as the settings say. */
const setUp = (variables = {}) => {
  const spans: OtlpSpan[] = []
  const telemetry = startTelemetry(readTelemetrySettings('test', variables), { warn: () => {} })
  const sink = addSpanSink(({ resourceSpans }) =>
    spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(each => each.spans))),
  )
  const stop = async () => {
    await sink.stop()
    await telemetry.stop()
  }
  onTestFinished(stop)
  return { spans, stop }
}

const runTrace = async (task: () => Promise<void>, traceparent: unknown = undefined): Promise<void> => {
  const span = startTrace(traceparent, root)
  if (span !== undefined) await endWith(span, task)
}

it('records nothing, and runs the task all the same, if nobody takes spans', async () => {
  expect(startTrace(parent, root)).toBeUndefined()
  expect(await inSpan({ name: 'child' }, async span => span ?? 'ran')).toBe('ran')
})

it('goes on with a trace from outside, and gives what the task sends its own span as the parent', async () => {
  const { spans, stop } = setUp()
  let sent: string | undefined
  await runTrace(
    () =>
      inSpan({ name: 'child', kind: 'client' }, async span => {
        span?.set('text', 'a "quoted" text')
        span?.set('number', 3)
        span?.set('list', ['a', 'b'])
        sent = currentTraceparent()
      }),
    parent,
  )
  await stop()
  const [child, first] = spans
  expect(first).toMatchObject({ name: 'query', kind: 2, parentSpanId: '00f067aa0ba902b7' })
  expect(child).toMatchObject({ name: 'child', kind: 3, parentSpanId: first?.spanId, status: {} })
  expect(child?.attributes).toEqual([
    { key: 'text', value: { stringValue: 'a "quoted" text' } },
    { key: 'number', value: { intValue: 3 } },
    { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { stringValue: 'b' }] } } },
  ])
  expect(sent).toBe(`00-4bf92f3577b34da6a3ce929d0e0e4736-${child?.spanId}-01`)
  const [from = 0, to = 0] = [child?.startTimeUnixNano, child?.endTimeUnixNano].map(Number)
  expect(to).toBeGreaterThanOrEqual(from)
  expect(Math.abs(from / 1e6 - Date.now())).toBeLessThan(10_000)
})

it('keeps of what is not sampled the traces that fail or are slow, whole', async () => {
  const { spans, stop } = setUp({ OTEL_TRACES_SAMPLER: 'always_off', TRACE_SLOW_MS: '20' })
  const ran: (string | undefined)[] = []
  const run = async (work: () => Promise<void>) =>
    runTrace(async () => {
      ran.push(activeSpan()?.traceId)
      await inSpan({ name: 'child' }, work)
    })
  await run(async () => {})
  await run(async () => {
    throw Object.assign(new Error('secret'), { code: 'E_FAILED' })
  }).catch(() => {})
  await run(() => new Promise(resolve => setTimeout(resolve, 25)))
  await stop()
  expect(spans.map(({ traceId }) => traceId)).toEqual([ran[1], ran[1], ran[2], ran[2]])
  expect(spans[0]).toMatchObject({
    status: { code: 2 },
    attributes: [{ key: 'error.type', value: { stringValue: 'E_FAILED' } }],
  })
  expect(JSON.stringify(spans)).not.toContain('secret')
})

it('follows the sampling of a parent, and the ratio where a trace begins', async () => {
  const { spans, stop } = setUp({
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.5',
  })
  await runTrace(async () => {}, parent)
  await runTrace(async () => {}, parent.replace(/01$/, '00'))
  for (let count = 0; count < 400; count += 1) await runTrace(async () => {})
  await stop()
  expect(spans[0]?.traceId).toBe(parent.slice(3, 35))
  expect(spans.length - 1).toBeGreaterThan(120)
  expect(spans.length - 1).toBeLessThan(280)
})

it('leaves a span out whose parent is named by a text alone', () => {
  setUp()
  expect(runInTrace(parent, activeSpan)).toBeUndefined()
})

it.each([
  { OTEL_TRACES_SAMPLER: 'jaeger_remote' },
  { OTEL_TRACES_SAMPLER_ARG: '2' },
  { OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318' },
  { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
  { OTEL_EXPORTER_OTLP_HEADERS: 'a=b=c' },
  { OTEL_RESOURCE_ATTRIBUTES: 'team' },
  { OTEL_BSP_MAX_QUEUE_SIZE: '10' },
])('refuses the setting %j', variables => {
  expect(() => readTelemetrySettings('test', variables)).toThrow(/is not usable: put/)
})

it('leaves other takers and the work alone if one throws', async () => {
  const broken = addSpanSink(() => {
    throw new Error('the console is full')
  })
  onTestFinished(broken.stop)
  const { spans, stop } = setUp()
  await runTrace(async () => undefined)
  await broken.stop()
  await stop()
  expect(spans).toHaveLength(1)
})

it('says in the log once a minute how many spans were dropped', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  const warn = vi.fn()
  const telemetry = startTelemetry(readTelemetrySettings('test', {}), { warn })
  const broken = addSpanSink(() => {
    throw new Error('the console is full')
  })
  await runTrace(async () => undefined)
  await broken.stop()
  expect(warn).not.toHaveBeenCalled()
  for (let minute = 0; minute < 2; minute += 1) vi.advanceTimersByTime(60_000)
  expect(warn.mock.calls).toEqual([[{ spans: 1 }, expect.any(String)]])
  await telemetry.stop()
})
