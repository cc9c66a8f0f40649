import { isUnavailable } from '@supergraph/postgres/connection.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { startLoop } from '@supergraph/runtime/loop.ts'
import type { DataSource } from 'typeorm'
import { createAdmission, type Piece } from './admission.ts'
import { countTraces, kept, prune } from './database/prune.ts'
import { storeTally } from './database/tally-store.ts'
import { storeSpans } from './database/trace-store.ts'
import { readTraces } from './traces/otlp.ts'
import type { Span } from './traces/span.ts'
import { createTally, type Tally } from './traces/tally.ts'

/** Takes spans and stores them soon after; whoever brings spans never waits. */
export type Intake = Running & {
  /** Takes spans that came as so many bytes; when too many wait, they are dropped and counted. */
  readonly take: (spans: readonly Span[], bytes: number) => void
  /** Takes an OTLP export of so many bytes, which is only read when its turn comes. */
  readonly takeExport: (body: TracesBody, bytes: number) => void
  readonly counts: () => IntakeCounts
  /** Hears what was stored; returns what ends this. */
  readonly onStored: (listener: (spans: readonly Span[]) => void) => () => void
}

/** An OTLP export as JSON, as far as its spans must be counted. */
export type TracesBody = {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly unknown[] }[]
  }[]
}

/** Numbers of spans since the process began. */
export type IntakeCounts = {
  readonly taken: number
  readonly stored: number
  /** Spans of quick traces that were counted and not stored, since many came. */
  readonly leftOut: number
  readonly dropped: number
  readonly waiting: number
  /** How many traces the store holds, about. */
  readonly traces: number
}

const maxWaitingBytes = 16 * 1024 * 1024
/** n.b. a batch is prepared without a pause: 500 spans take about 5 ms. */
const spansPerBatch = 500
const everyMs = 250
const pruneEveryMs = 1_000
/** What is too old is deleted as often, however few traces there are. */
const pruneAnywayMs = 60_000
/** How many traces may be there past the limit before they are pruned. */
const slack = 500

/** Starts storing what is taken, in batches, and pruning what the store holds too much. */
export const startIntake = async (database: DataSource, logger: Logger): Promise<Intake> => {
  const listeners = new Set<(spans: readonly Span[]) => void>()
  const unread: Export[] = []
  const waiting: Piece[] = []
  const admission = createAdmission()
  const tally = createTally()
  let untold: Tally | undefined
  let [taken, stored, dropped, waitingSpans, waitingBytes, unreadBytes] = [0, 0, 0, 0, 0, 0]
  let traces = await countTraces(database)
  let prunedAtMs = 0

  const enqueue = (pieces: readonly Piece[]): void => {
    for (const piece of pieces) {
      if (waitingBytes + piece.bytes > maxWaitingBytes) dropped += piece.spans.length
      else {
        waiting.push(piece)
        waitingSpans += piece.spans.length
        waitingBytes += piece.bytes
      }
    }
  }
  const take: Intake['take'] = (spans, bytes) => {
    taken += spans.length
    tally.add(spans)
    enqueue(admission.admit(piecesOf(spans, bytes)))
  }
  const readNext = (): void => {
    const next = unread.shift()
    if (next === undefined) return
    unreadBytes -= next.bytes
    const { spans, rejected } = readTraces(next.body)
    taken += rejected
    dropped += rejected
    take(spans, next.bytes)
    if (unread.length > 0) setImmediate(readNext)
  }

  /** Does `store`; returns whether it worked. */
  const attempt = async (count: number, store: () => Promise<unknown>): Promise<boolean> => {
    try {
      await store()
      return true
    } catch (error) {
      // n.b. what the database refuses, it would refuse again
      if (isUnavailable(error)) throw error
      logger.warn({ err: error, spans: count }, 'spans could not be stored and are dropped')
      return false
    }
  }
  const tell = async (): Promise<void> => {
    const told = untold ?? tally.take()
    untold = told
    if (told !== undefined) await attempt(0, () => storeTally(database, told))
    untold = undefined
  }
  const storeBatch = async (pieces: readonly Piece[]): Promise<void> => {
    const spans = pieces.flatMap(piece => piece.spans)
    const isStored = await attempt(spans.length, async () => {
      traces += await storeSpans(database, spans)
    })
    waiting.splice(0, pieces.length)
    waitingSpans -= spans.length
    waitingBytes -= pieces.reduce((sum, { bytes }) => sum + bytes, 0)
    if (isStored) stored += spans.length
    else dropped += spans.length
    for (const listener of listeners) listener(isStored ? spans : [])
  }
  const storing = startLoop({
    everyMs,
    retryMs: 2_000,
    work: async stopping => {
      enqueue(admission.release())
      let left = waiting.length
      // n.b. first, so that who sees a trace also sees what it was counted in
      await tell()
      while (left > 0 && !stopping.aborted) {
        const pieces = firstOf(waiting.slice(0, left))
        await storeBatch(pieces)
        left -= pieces.length
      }
    },
    onError: error => logger.warn({ err: error }, 'spans could not be stored; they wait'),
  })
  const pruning = startLoop({
    everyMs: pruneEveryMs,
    work: async () => {
      const isDue = traces > kept.traces + slack || Date.now() > prunedAtMs + pruneAnywayMs
      if (!isDue) return
      prunedAtMs = Date.now()
      const before = traces
      const left = await prune(database)
      // n.b. more may have been stored meanwhile
      traces += left - before
    },
    onError: error => logger.warn({ err: error }, 'old traces could not be deleted; the next try is soon'),
  })

  return {
    take,
    takeExport: (body, bytes) => {
      if (unreadBytes + bytes > maxWaitingBytes) {
        const count = countSpans(body)
        taken += count
        dropped += count
        return
      }
      unreadBytes += bytes
      if (unread.push({ body, bytes }) === 1) setImmediate(readNext)
    },
    counts: () => ({
      taken,
      stored,
      dropped,
      traces,
      leftOut: admission.leftOut(),
      waiting: waitingSpans,
    }),
    onStored: listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    stop: async () => {
      while (unread.length > 0) readNext()
      await Promise.all([storing.stop(), pruning.stop()])
      await tell().catch(() => undefined)
      if (waiting.length > 0) await storeBatch(firstOf(waiting)).catch(() => undefined)
    },
  }
}

/** An OTLP export that was not read yet. */
type Export = { readonly body: TracesBody; readonly bytes: number }

/** The spans by their traces, in pieces that are no larger than a batch. */
const piecesOf = (spans: readonly Span[], bytes: number): readonly Piece[] => {
  const bytesPerSpan = bytes / spans.length
  return [...Map.groupBy(spans, ({ traceId }) => traceId)].flatMap(([traceId, own]) =>
    Array.from({ length: Math.ceil(own.length / spansPerBatch) }, (_, index) => {
      const part = own.slice(index * spansPerBatch, (index + 1) * spansPerBatch)
      return { traceId, spans: part, bytes: part.length * bytesPerSpan }
    }),
  )
}

const countSpans = ({ resourceSpans }: TracesBody): number =>
  resourceSpans.flatMap(({ scopeSpans }) => scopeSpans).reduce((sum, { spans }) => sum + spans.length, 0)

/** As many pieces as make a batch, one at least. */
const firstOf = (waiting: readonly Piece[]): readonly Piece[] => {
  let spans = 0
  const end = waiting.findIndex((piece, index) => {
    spans += piece.spans.length
    return index > 0 && spans > spansPerBatch
  })
  return waiting.slice(0, end === -1 ? waiting.length : end)
}
