import { readTraceparent, runInTrace } from '@supergraph/runtime/trace-context.ts'
import type { Span, SpanStart } from './span.ts'
import { endWith, startTrace } from './spans.ts'

/** What work is done for: the trace that caused it, if that is known, and what its span says of it. */
export type Cause = {
  readonly traceparent: string | undefined
  readonly tell?: (span: Span) => void
}

/**
 * Does work that several causes have in common, in a span. If all of them are of one trace, the work is done in that trace,
 * else in one of its own. If there are several, the trace of each shows a span beside it, with a link to the work's. The work
 * gets the `traceparent` of the span of each cause, in their order, or that of the cause itself if spans are not recorded.
 */
export const inSharedSpan = async <T>(
  start: SpanStart & { readonly service: string },
  causes: readonly Cause[],
  work: (traceparents: readonly (string | undefined)[], span: Span | undefined) => Promise<T>,
): Promise<T> => {
  const common = commonTrace(causes)
  const span = startTrace(common, start)
  if (span === undefined)
    return runInTrace(common, () =>
      work(
        causes.map(({ traceparent }) => traceparent),
        undefined,
      ),
    )
  for (const { traceparent } of causes) link(span, traceparent)
  const [only, ...others] = causes
  if (only !== undefined && others.length === 0) {
    only.tell?.(span)
    return endWith(span, () => work([span.traceparent], span))
  }
  const singles = causes.map(cause => startSingle(cause, start, span))
  try {
    return await endWith(span, () =>
      work(
        singles.map(single => single?.traceparent),
        span,
      ),
    )
  } catch (error) {
    for (const single of singles) single?.fail(error)
    throw error
  } finally {
    for (const single of singles) single?.end()
  }
}

/** The first of the causes, if all of them are of one trace. */
const commonTrace = (causes: readonly Cause[]): string | undefined => {
  const first = causes[0]?.traceparent
  const traceId = readTraceparent(first)?.traceId
  const isCommon = causes.every(({ traceparent }) => readTraceparent(traceparent)?.traceId === traceId)
  return isCommon ? first : undefined
}

const startSingle = (
  { traceparent, tell }: Cause,
  start: Parameters<typeof startTrace>[1],
  shared: Span,
): Span | undefined => {
  const single = traceparent === undefined ? undefined : startTrace(traceparent, start)
  if (single === undefined) return undefined
  tell?.(single)
  single.link(shared)
  return single
}

const link = (span: Span, traceparent: string | undefined): void => {
  const other = readTraceparent(traceparent)
  if (other !== undefined) span.link({ traceId: other.traceId, id: other.spanId })
}
