import { AsyncLocalStorage } from 'node:async_hooks'
import { randomFillSync } from 'node:crypto'

/** The header, and the CloudEvents attribute, that carries a W3C trace context from process to process. */
export const traceHeader = 'traceparent'

const storage = new AsyncLocalStorage<string>()

/** The `traceparent` of the work under way, to be sent with whatever that causes; undefined outside of any trace. */
export const currentTraceparent = (): string | undefined => storage.getStore()

/** The id of the trace under way, 32 hexadecimal digits; undefined outside of any trace. */
export const currentTraceId = (): string | undefined => storage.getStore()?.slice(3, 35)

/**
 * Runs a task, and all that it starts, in a span of its own: of the trace that `traceparent` names, or of a new one if
 * that is absent or invalid.
 */
export const runInTrace = <T>(traceparent: unknown, task: () => T): T =>
  runInSpan(beginSpan(traceparent), task)

/** A span as `runInTrace` makes it, for a task that is done in several pieces. */
export const beginSpan = (traceparent: unknown): string => {
  const { traceId, flags } =
    (typeof traceparent === 'string' ? shape.exec(traceparent)?.groups : undefined) ?? {}
  return `00-${traceId ?? hex(16)}-${hex(8)}-${flags ?? '01'}`
}

/** Runs a piece of a task in its span. */
export const runInSpan = <T>(span: string, task: () => T): T => storage.run(span, task)

/** Whether a text is a `traceparent` as W3C Trace Context has it, of any version. */
export const isTraceparent = (text: unknown): text is string =>
  typeof text === 'string' && shape.exec(text) !== null

// n.b. a version after 00 may append fields; version ff and ids of only zeros are invalid
const shape =
  /^(?!ff)(?:00(?=-.{52}$)|(?!00)[0-9a-f]{2})-(?<traceId>(?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-(?<flags>[0-9a-f]{2})(?:-.*)?$/

// n.b. random bytes cost 2 us each time that they are asked for, however many they are
const random = Buffer.alloc(4_096)
let used = random.length

const hex = (bytes: number): string => {
  if (used + bytes > random.length) {
    randomFillSync(random)
    used = 0
  }
  const text = random.toString('hex', used, used + bytes)
  used += bytes
  return /[^0]/.test(text) ? text : hex(bytes)
}
