import { untraced } from '@supergraph/runtime/trace-context.ts'
import { createClockOrigin } from './clock-origin.ts'
import { lostSpans } from './lost.ts'
import { writeBody, writeSpan } from './otlp-writer.ts'
import { ProtobufWriter } from './protobuf-writer.ts'
import type { Span } from './span.ts'

/** What takes spans: the body of an OTLP request, which is protobuf, and how many are in it. */
export type TakeSpans = (body: Buffer, spans: number) => void

/** Collects spans, and hands them over in batches. */
export type Pipeline = ReturnType<typeof createPipeline>

const clockOrigin = createClockOrigin()

/**
 * Makes a pipeline to these takers. What comes while `maxWaiting` spans wait is counted in `dropped`, and so is what a taker
 * throws on: it is none of the other takers' concern, nor of the work that is looked at.
 */
export const createPipeline = ({
  takers,
  batchSize,
  maxWaiting,
  everyMs,
  resourceOf,
}: {
  readonly takers: ReadonlySet<TakeSpans>
  readonly batchSize: number
  readonly maxWaiting: number
  readonly everyMs: number
  readonly resourceOf: (service: string) => Uint8Array
}) => {
  // n.b. spans are written as they come: objects that wait for the next batch are what a garbage collection copies
  const batch = new Map<string, ProtobufWriter>()
  let batched = 0
  let full: { readonly body: Buffer; readonly spans: number }[] = []
  let timer: NodeJS.Timeout | undefined
  let isSoon = false
  let dropped = 0

  const drop = (spans: number): void => {
    dropped += spans
    lostSpans.value += spans
  }

  const writerOf = (service: string): ProtobufWriter => {
    const known = batch.get(service)
    if (known !== undefined) return known
    const writer = new ProtobufWriter()
    batch.set(service, writer)
    return writer
  }

  const closeBatch = (): void => {
    full.push({ body: writeBody(batch, resourceOf), spans: batched })
    for (const writer of batch.values()) writer.clear()
    batched = 0
  }

  const give = (take: TakeSpans, body: Buffer, spans: number): void => {
    try {
      take(body, spans)
    } catch {
      drop(spans)
    }
  }

  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    isSoon = false
    if (batched > 0) closeBatch()
    const bodies = full
    full = []
    for (const { body, spans } of bodies) for (const take of takers) give(take, body, spans)
  }

  return {
    dropped: (): number => dropped,
    flush: (): void => untraced(flush),
    keep: (spans: readonly Span[]): void => {
      if (full.length * batchSize + batched + spans.length > maxWaiting) {
        drop(spans.length)
        return
      }
      const originMs = clockOrigin()
      for (const span of spans) {
        writeSpan(writerOf(span.service), span, originMs)
        batched += 1
        if (batched === batchSize) closeBatch()
      }
      if (full.length > 0) {
        if (isSoon) return
        isSoon = true
        untraced(() => setImmediate(flush))
      } else timer ??= untraced(() => setTimeout(flush, everyMs).unref())
    },
  }
}
