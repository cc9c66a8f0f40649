/** A finished piece of work of one service, as the console stores and shows it. */
export type Span = {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits. */
  readonly spanId: string
  /** Null for a root. */
  readonly parentSpanId: string | null
  /** The name of the service that did it. */
  readonly service: string
  readonly name: string
  readonly kind: SpanKind
  /** Microseconds since 1970. */
  readonly startUs: number
  readonly durationUs: number
  readonly attributes: Attributes
  readonly events: readonly SpanEvent[]
  readonly links: readonly SpanLink[]
  /** Why it failed; null if it did not. */
  readonly error: string | null
}

export type SpanKind = (typeof spanKinds)[number]

/** By their number in OTLP; 0 is not specified. */
export const spanKinds = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'] as const

export type Attribute = string | number | boolean | readonly (string | number | boolean)[]

export type Attributes = Readonly<Record<string, Attribute>>

/** Something that happened at one moment of a span, such as a log line. */
export type SpanEvent = { readonly name: string; readonly atUs: number; readonly attributes: Attributes }

/** A span elsewhere that has to do with this one. */
export type SpanLink = { readonly traceId: string; readonly spanId: string }

/** An attribute as text; undefined if the span does not have it. */
export const textOf = ({ attributes }: Pick<Span, 'attributes'>, key: string): string | undefined => {
  const value = attributes[key]
  return value === undefined ? undefined : String(value)
}

/** An attribute as a number; undefined if the span does not have it as a number. */
export const numberOf = ({ attributes }: Pick<Span, 'attributes'>, key: string): number | undefined => {
  const value = attributes[key]
  return typeof value === 'number' ? value : undefined
}
