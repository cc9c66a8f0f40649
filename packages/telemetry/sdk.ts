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
import { protocolOf, type TelemetrySettings } from './environment.ts'
import { lostLines, lostSpans } from './lost.ts'
import { readLogsData, readTracesData } from './otlp-reader.ts'
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
    protobuf: 'otlp_http_span_exporter',
    json: 'otlp_http_json_span_exporter',
    read: readTracesData,
    item: 'span',
    told: 'spans',
    counted: lostSpans,
  },
  LOGS: {
    path: 'v1/logs',
    protobuf: 'otlp_http_log_exporter',
    json: 'otlp_http_json_log_exporter',
    read: readLogsData,
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
  const { path, item, told, counted, read, ...exporters } = signals[signal]
  const isJson = protocolOf(signal, settings) === 'http/json'
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
    { 'content-type': isJson ? 'application/json' : 'application/x-protobuf' },
  )
  const counter = { name: item, countItems: ({ count }: Batch) => count }
  const serializer = {
    serializeRequest: ({ body }: Batch) => (isJson ? Buffer.from(JSON.stringify(read(body))) : body),
    // n.b. what the other end says of what it did not like
    deserializeResponse: () => ({}),
  }
  const exporter = isJson ? exporters.json : exporters.protobuf
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
    take: (body, count) =>
      delegate.export({ body, count }, ({ error }) => {
        if (error !== undefined) {
          lost += count
          counted.value += count
        }
        tell(error)
      }),
    stop: () => within(stopWithinMs, delegate.shutdown(), () => undefined),
  }
}

type Batch = { readonly body: Buffer; readonly count: number }

const compressionOf = (signal: Signal, settings: TelemetrySettings): CompressionAlgorithm => {
  const own = settings[`OTEL_EXPORTER_OTLP_${signal}_COMPRESSION`]
  return (own ?? settings.OTEL_EXPORTER_OTLP_COMPRESSION) === 'gzip'
    ? CompressionAlgorithm.GZIP
    : CompressionAlgorithm.NONE
}
