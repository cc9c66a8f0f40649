import { currentSpan, newTraceId, readTraceparent, runInSpan } from '@supergraph/runtime/trace-context.ts'
import { currentRecording } from './recording.ts'
import { LocalTrace, Span, type SpanStart } from './span.ts'

/** Whether spans are recorded. n.b. what asks once, when a process starts, costs nothing later */
export const isTracing = (): boolean => currentRecording() !== undefined

/** The span under way; undefined outside of any trace, and if none are recorded. */
export const activeSpan = (): Span | undefined => {
  const span = currentSpan()
  return span instanceof Span ? span : undefined
}

/** Begins a span below the one under way; undefined if that is not recorded. */
export const startSpan = (start: SpanStart): Span | undefined => {
  const parent = activeSpan()
  return parent && new Span({ service: parent.service, ...start }, parent.trace, parent)
}

/** Begins the span by which a trace comes to this process, or begins here; undefined if none are recorded. */
export const startTrace = (
  traceparent: unknown,
  start: SpanStart & { readonly service: string },
  startedAtMs?: number,
): Span | undefined => {
  const recording = currentRecording()
  if (recording === undefined) return undefined
  const { traceId: id = newTraceId(), spanId: parentId, flags } = readTraceparent(traceparent) ?? {}
  const isSampled = recording.isSampled(id, flags)
  return new Span(
    start,
    new LocalTrace({ id, parentId, flags: isSampled ? '01' : '00' }, recording),
    undefined,
    startedAtMs,
  )
}

/** Runs a task in a span below the one under way, which fails if the task does. */
export const inSpan = <T>(start: SpanStart, task: (span: Span | undefined) => Promise<T>): Promise<T> => {
  const span = startSpan(start)
  return span === undefined ? task(undefined) : endWith(span, task)
}

/** Runs a task in a span, which ends with it and fails if the task does. */
export const endWith = async <T>(span: Span, task: (span: Span) => Promise<T>): Promise<T> => {
  try {
    return await runInSpan(span, () => task(span))
  } catch (error) {
    span.fail(error)
    throw error
  } finally {
    span.end()
  }
}
