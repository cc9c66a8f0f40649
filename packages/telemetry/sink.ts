import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { addLogsTaker, addTaker } from './telemetry.ts'

/** A value as OTLP's JSON has it. */
export type OtlpValue = {
  readonly stringValue?: string
  readonly boolValue?: boolean
  readonly intValue?: number | string
  readonly doubleValue?: number
  readonly arrayValue?: { readonly values: readonly OtlpValue[] }
}

export type OtlpAttribute = { readonly key: string; readonly value: OtlpValue }

/** A span as OTLP's JSON has it; times are nanoseconds since the epoch in decimal digits. */
export type OtlpSpan = {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly flags: number
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly OtlpAttribute[]
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly status: { readonly code?: number; readonly message?: string }
}

/** The body of an OTLP request with traces. */
export type TracesData = {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] }
    readonly scopeSpans: readonly {
      readonly scope: { readonly name: string; readonly version: string }
      readonly spans: readonly OtlpSpan[]
    }[]
  }[]
}

/**
 * Hands the spans of this process over, as an OTLP request would, until it is stopped: about once a second, or as soon as
 * there are 512 of them, outside of any trace; `bytes` is about what they take as text. What the sink throws is lost.
 */
export const addSpanSink = (sink: (traces: TracesData, bytes: number) => void): Running =>
  addTaker(text => {
    const traces: TracesData = JSON.parse(text)
    sink(traces, text.length)
  })

/** The body of an OTLP request with logs. */
export type LogsData = {
  readonly resourceLogs: readonly {
    readonly scopeLogs: readonly { readonly logRecords: readonly unknown[] }[]
  }[]
}

/** Hands the lines of all logs of this process over, as an OTLP request would, about once a second, until it is stopped. */
export const addLogSink = (sink: (logs: LogsData) => void): Running =>
  addLogsTaker(text => {
    const logs: LogsData = JSON.parse(text)
    sink(logs)
  })
