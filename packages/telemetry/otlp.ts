/** A value as OTLP's JSON has it. */
export type OtlpValue = {
  readonly stringValue?: string
  readonly boolValue?: boolean
  readonly intValue?: number | string
  readonly doubleValue?: number
  readonly arrayValue?: { readonly values: readonly OtlpValue[] }
  readonly kvlistValue?: { readonly values: readonly OtlpAttribute[] }
  readonly bytesValue?: string
}

export type OtlpAttribute = { readonly key: string; readonly value: OtlpValue }

export type OtlpResource = { readonly attributes: readonly OtlpAttribute[] }

/** Something that happened in a span. */
export type OtlpEvent = {
  readonly timeUnixNano: string
  readonly name: string
  readonly attributes: readonly OtlpAttribute[]
}

/** Another span that a span has to do with. */
export type OtlpLink = { readonly traceId: string; readonly spanId: string }

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
  readonly events?: readonly OtlpEvent[]
  readonly links?: readonly OtlpLink[]
  readonly status: { readonly code?: number; readonly message?: string }
}

/** The body of an OTLP request with traces. */
export type TracesData = {
  readonly resourceSpans: readonly {
    readonly resource: OtlpResource
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[]
  }[]
}

/** A line of a log as OTLP's JSON has it. */
export type OtlpLogRecord = {
  readonly timeUnixNano?: string
  readonly observedTimeUnixNano?: string
  readonly severityNumber: number
  readonly severityText: string
  readonly body?: OtlpValue
  readonly attributes: readonly OtlpAttribute[]
  readonly traceId?: string
  readonly spanId?: string
}

/** The body of an OTLP request with logs. */
export type LogsData = {
  readonly resourceLogs: readonly {
    readonly resource: OtlpResource
    readonly scopeLogs: readonly { readonly logRecords: readonly OtlpLogRecord[] }[]
  }[]
}
