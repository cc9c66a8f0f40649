import { AsyncLocalStorage } from 'node:async_hooks'
import { randomFillSync } from 'node:crypto'

/** The header, and the CloudEvents attribute, that carries a W3C trace context from process to process. */
export const traceHeader = 'traceparent'

/** A span that is recorded while it is under way. */
export type RecordedSpan = {
  readonly traceId: string
  readonly spanId: string
  readonly traceparent: string
  /** What the trace's operation is called, if it has a name. */
  readonly operation: string | undefined
}

/** What names a span to its trace: its `traceparent`, or the span itself if it is recorded. */
export type SpanUnderWay = string | RecordedSpan

const storage = new AsyncLocalStorage<SpanUnderWay | undefined>()

/** The span of the work under way; undefined outside of any trace. */
export const currentSpan = (): SpanUnderWay | undefined => storage.getStore()

/** The `traceparent` of the work under way, to be sent with whatever that causes; undefined outside of any trace. */
export const currentTraceparent = (): string | undefined => {
  const span = storage.getStore()
  return typeof span === 'object' ? span.traceparent : span
}

/** The id of the trace under way, 32 hexadecimal digits; undefined outside of any trace. */
export const currentTraceId = (): string | undefined => {
  const span = storage.getStore()
  return typeof span === 'object' ? span.traceId : span?.slice(3, 35)
}

/**
 * Runs a task, and all that it starts, in a span of its own: of the trace that `traceparent` names, or of a new one if
 * that is absent or invalid.
 */
export const runInTrace = <T>(traceparent: unknown, task: () => T): T =>
  runInSpan(beginSpan(traceparent), task)

/** A span as `runInTrace` makes it, for a task that is done in several pieces. */
export const beginSpan = (traceparent: unknown): string => {
  const { traceId = newTraceId(), flags = '01' } = readTraceparent(traceparent) ?? {}
  // n.b. measured: a subscription keeps this text as long as it waits, and a template's pieces take 170 bytes more
  return ['00', traceId, newSpanId(), flags].join('-')
}

/** Runs a piece of a task in its span. */
export const runInSpan = <T>(span: SpanUnderWay, task: () => T): T => storage.run(span, task)

/** Runs a task, and all that it starts, outside of any trace. */
export const untraced = <T>(task: () => T): T => storage.run(undefined, task)

/** Whether a text is a `traceparent` as W3C Trace Context has it, of any version. */
export const isTraceparent = (text: unknown): text is string => readTraceparent(text) !== undefined

/** What a `traceparent` says; undefined if it is none. */
export const readTraceparent = (
  text: unknown,
): { readonly traceId: string; readonly spanId: string; readonly flags: string } | undefined => {
  const { traceId, spanId, flags } = (typeof text === 'string' ? shape.exec(text)?.groups : undefined) ?? {}
  return traceId === undefined || spanId === undefined || flags === undefined
    ? undefined
    : { traceId, spanId, flags }
}

// n.b. a version after 00 may append fields; version ff and ids of only zeros are invalid
const shape =
  /^(?!ff)(?:00(?=-.{52}$)|(?!00)[0-9a-f]{2})-(?<traceId>(?!0{32})[0-9a-f]{32})-(?<spanId>(?!0{16})[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?:-.*)?$/

/** A random id for a trace: 32 hexadecimal digits. */
export const newTraceId = (): string => digits(32)

/** A random id for a span: 16 hexadecimal digits. */
export const newSpanId = (): string => digits(16)

// n.b. random bytes cost 2 us each time that they are asked for, however many they are
const random = Buffer.alloc(4_096)
const bytesAtATime = 256
let usedBytes = random.length
// n.b. a part of a text costs a tenth of a text of its own, and keeps all of it for as long as it is kept: so the text is short
let text = ''
let used = 0

/** So many random hexadecimal digits, not all of them 0. */
const digits = (count: number): string => {
  if (used + count > text.length) {
    if (usedBytes === random.length) {
      randomFillSync(random)
      usedBytes = 0
    }
    text = random.toString('hex', usedBytes, usedBytes + bytesAtATime)
    usedBytes += bytesAtATime
    used = 0
  }
  const part = text.slice(used, used + count)
  used += count
  return /[^0]/.test(part) ? part : digits(count)
}
