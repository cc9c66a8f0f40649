import { isTraceparent, traceHeader } from './trace-context.ts'

/** Where an event of a subscription comes from, as its subgraph tells the gateway in `extensions`. */
export type EventOrigin = {
  /** Of what the subgraph did for it. */
  readonly traceparent?: string | undefined
  /** When what it tells of happened, in milliseconds since 1970, by the clock of the process where it happened. */
  readonly occurredAtMs?: number | undefined
}

/** The origin that the JSON of an event tells, as far as it does. */
export const originIn = (payload: unknown): EventOrigin => {
  const extensions = Object(Object(payload).extensions)
  const traceparent: unknown = extensions[traceHeader]
  const occurredAtMs: unknown = extensions.occurredAtMs
  return {
    traceparent: isTraceparent(traceparent) ? traceparent : undefined,
    occurredAtMs: typeof occurredAtMs === 'number' ? occurredAtMs : undefined,
  }
}
