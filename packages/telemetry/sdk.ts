import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api'
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base'
import {
  convertLegacyHttpOptions,
  createOtlpHttpExportDelegate,
} from '@opentelemetry/otlp-exporter-base/node-http'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  type Sampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base'
import { within } from '@supergraph/runtime/deadline.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { TelemetrySettings } from './environment.ts'
import { lostLines, lostSpans } from './lost.ts'
import type { TakeSpans } from './pipeline.ts'
import type { Recording } from './span.ts'

/** What is told of spans and lines that could not be delivered. */
export type TelemetryLogger = { warn(fields: object, message: string): void }

const requestsAtOnce = 8
const stopWithinMs = 2_000
const tellEveryMs = 60_000

/** Decides which traces are sampled, as the settings say. */
export const createIsSampled = ({
  OTEL_TRACES_SAMPLER: name,
  OTEL_TRACES_SAMPLER_ARG: ratio,
}: TelemetrySettings): Recording['isSampled'] => {
  const sampler: Sampler = name.endsWith('always_on')
    ? new AlwaysOnSampler()
    : name.endsWith('always_off')
      ? new AlwaysOffSampler()
      : new TraceIdRatioBasedSampler(ratio)
  const isSampled = (traceId: string): boolean =>
    sampler.shouldSample(ROOT_CONTEXT, traceId, '', SpanKind.SERVER, {}, []).decision ===
    SamplingDecision.RECORD_AND_SAMPLED
  return name.startsWith('parentbased_')
    ? (traceId, parentFlags) =>
        parentFlags === undefined ? isSampled(traceId) : (Number.parseInt(parentFlags, 16) & 1) === 1
    : isSampled
}

/** What is sent: spans as traces, or lines as logs. */
export type Signal = 'TRACES' | 'LOGS'

const signals = {
  TRACES: {
    path: 'v1/traces',
    exporter: 'otlp_http_json_span_exporter',
    item: 'span',
    told: 'spans',
    counted: lostSpans,
  },
  LOGS: {
    path: 'v1/logs',
    exporter: 'otlp_http_json_log_exporter',
    item: 'log',
    told: 'lines',
    counted: lostLines,
  },
} as const

/**
 * Sends spans or lines to an OTLP endpoint: at most 8 requests at once, each tried again for 10 s. What can't be delivered is
 * dropped, and the log tells of it once a minute.
 */
export const createExporter = (
  signal: Signal,
  endpoint: string,
  settings: TelemetrySettings,
  logger: TelemetryLogger,
): Running & { readonly take: TakeSpans } => {
  const { path, exporter, item, told, counted } = signals[signal]
  const options = convertLegacyHttpOptions(
    {
      url: endpoint,
      headers: {
        ...settings.OTEL_EXPORTER_OTLP_HEADERS,
        ...settings[`OTEL_EXPORTER_OTLP_${signal}_HEADERS`],
      },
      timeoutMillis:
        settings[`OTEL_EXPORTER_OTLP_${signal}_TIMEOUT`] ?? settings.OTEL_EXPORTER_OTLP_TIMEOUT ?? 10_000,
      compression: compressionOf(signal, settings),
      concurrencyLimit: requestsAtOnce,
    },
    signal,
    path,
    { 'content-type': 'application/json' },
  )
  const counter = { name: item, countItems: ({ count }: Batch) => count }
  const delegate = createOtlpHttpExportDelegate(options, serializer, exporter, counter, undefined)
  let lost = 0
  let toldAtMs = Number.NEGATIVE_INFINITY
  const tell = (error: unknown): void => {
    if (lost === 0 || performance.now() - toldAtMs < tellEveryMs) return
    logger.warn({ [told]: lost, err: error }, `${signal.toLowerCase()} could not be delivered`)
    toldAtMs = performance.now()
    lost = 0
  }
  return {
    take: (text, count) =>
      delegate.export({ text, count }, ({ error }) => {
        if (error !== undefined) {
          lost += count
          counted.value += count
        }
        tell(error)
      }),
    stop: () => within(stopWithinMs, delegate.shutdown(), () => undefined),
  }
}

type Batch = { readonly text: string; readonly count: number }

const serializer = {
  serializeRequest: ({ text }: Batch) => Buffer.from(text),
  // n.b. what the other end says of what it did not like
  deserializeResponse: () => ({}),
}

const compressionOf = (signal: Signal, settings: TelemetrySettings): CompressionAlgorithm => {
  const own = settings[`OTEL_EXPORTER_OTLP_${signal}_COMPRESSION`]
  return (own ?? settings.OTEL_EXPORTER_OTLP_COMPRESSION) === 'gzip'
    ? CompressionAlgorithm.GZIP
    : CompressionAlgorithm.NONE
}
