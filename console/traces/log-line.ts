import type { Attributes } from './span.ts'

/** A line of a log. */
export type LogLine = {
  /** Microseconds since 1970, to the millisecond. */
  readonly atUs: number
  readonly service: string
  readonly traceId: string | null
  /** The span in which it was written. */
  readonly spanId: string | null
  readonly level: (typeof logLevels)[number]
  readonly message: string
  readonly fields: Attributes
}

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
