import { untraced } from '@supergraph/runtime/trace-context.ts'
import { lostSpans } from './lost.ts'
import { otlpText } from './otlp-json.ts'
import type { Span } from './span.ts'

/** What takes spans: the body of an OTLP request, and how many are in it. */
export type TakeSpans = (text: string, spans: number) => void

/** Collects spans, and hands them over in batches. */
export type Pipeline = ReturnType<typeof createPipeline>

/**
 * Makes a pipeline to these takers. What comes while `maxWaiting` spans wait is counted in `dropped`, and so is what a taker
 * throws on: it is none of the other takers' concern, nor of the work that is looked at.
 */
export const createPipeline = ({
  takers,
  batchSize,
  maxWaiting,
  everyMs,
  resourceTextOf,
}: {
  readonly takers: ReadonlySet<TakeSpans>
  readonly batchSize: number
  readonly maxWaiting: number
  readonly everyMs: number
  readonly resourceTextOf: (service: string) => string
}) => {
  let waiting: Span[] = []
  let timer: NodeJS.Timeout | undefined
  let isSoon = false
  let dropped = 0

  const drop = (spans: number): void => {
    dropped += spans
    lostSpans.value += spans
  }

  const give = (take: TakeSpans, text: string, spans: number): void => {
    try {
      take(text, spans)
    } catch {
      drop(spans)
    }
  }

  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    isSoon = false
    const spans = waiting
    waiting = []
    for (let from = 0; from < spans.length; from += batchSize) {
      const batch = spans.slice(from, from + batchSize)
      const text = otlpText(batch, resourceTextOf)
      for (const take of takers) give(take, text, batch.length)
    }
  }

  return {
    dropped: (): number => dropped,
    flush: (): void => untraced(flush),
    keep: (spans: readonly Span[]): void => {
      if (waiting.length + spans.length > maxWaiting) {
        drop(spans.length)
        return
      }
      for (const span of spans) waiting.push(span)
      if (waiting.length >= batchSize) {
        if (isSoon) return
        isSoon = true
        untraced(() => setImmediate(flush))
      } else timer ??= untraced(() => setTimeout(flush, everyMs).unref())
    },
  }
}
