import { isUnavailable } from '@supergraph/postgres/connection.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { startLoop } from '@supergraph/runtime/loop.ts'
import type { DataSource } from 'typeorm'
import { countTraces, kept, prune } from './database/prune.ts'
import { storeSpans } from './database/trace-store.ts'
import { readTraces } from './traces/otlp.ts'
import type { Span } from './traces/span.ts'

/** Takes spans and stores them soon after; whoever brings spans never waits. */
export type Intake = Running & {
  /** Takes spans; when too many wait, they are dropped and counted. */
  readonly take: (spans: readonly Span[]) => void
  /** Takes an OTLP export, which is only read when its turn comes. */
  readonly takeExport: (body: TracesBody) => void
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
  readonly dropped: number
  readonly waiting: number
  /** How many traces the store holds, about. */
  readonly traces: number
}

const maxWaiting = 20_000
/** n.b. a batch is read and written without a pause: 500 spans take about 10 ms. */
const spansPerBatch = 500
const everyMs = 250
const pruneEveryMs = 1_000
/** What is too old is deleted as often, however few traces there are. */
const pruneAnywayMs = 60_000
/** How many traces may be there past the limit before they are pruned. */
const slack = 500

/** Starts storing what is taken, in batches, and pruning what the store holds too much. */
export const startIntake = async (database: DataSource, logger: Logger): Promise<Intake> => {
  const waiting: Delivery[] = []
  const listeners = new Set<(spans: readonly Span[]) => void>()
  let [taken, stored, dropped, waitingSpans] = [0, 0, 0, 0]
  let traces = await countTraces(database)
  let prunedAtMs = 0

  const storeBatch = async (): Promise<void> => {
    const deliveries = firstOf(waiting)
    const count = countIn(deliveries)
    let spans: readonly Span[] = []
    try {
      spans = deliveries.flatMap(({ read }) => read())
      const added = await storeSpans(database, spans)
      traces += added
      stored += spans.length
    } catch (error) {
      // n.b. what the database refuses, it would refuse again
      if (isUnavailable(error)) throw error
      logger.warn({ err: error, spans: count }, 'spans could not be stored and are dropped')
      dropped += count
    }
    waiting.splice(0, deliveries.length)
    waitingSpans -= count
    for (const listener of listeners) listener(spans)
  }
  const storing = startLoop({
    everyMs,
    retryMs: 2_000,
    work: async stopping => {
      while (waiting.length > 0 && !stopping.aborted) await storeBatch()
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

  const add = (delivery: Delivery): void => {
    taken += delivery.count
    if (waitingSpans + delivery.count > maxWaiting) {
      dropped += delivery.count
      return
    }
    waiting.push(delivery)
    waitingSpans += delivery.count
  }

  return {
    take: spans => add({ count: spans.length, read: () => spans }),
    takeExport: body => add({ count: countSpans(body), read: () => readTraces(body).spans }),
    counts: () => ({ taken, stored, dropped, waiting: waitingSpans, traces }),
    onStored: listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    stop: async () => {
      await Promise.all([storing.stop(), pruning.stop()])
      if (waiting.length > 0) await storeBatch().catch(() => undefined)
    },
  }
}

/** Spans that came together. */
type Delivery = { readonly count: number; readonly read: () => readonly Span[] }

/** As many deliveries as make a batch, one at least. */
const firstOf = (waiting: readonly Delivery[]): readonly Delivery[] => {
  let spans = 0
  return waiting.filter(({ count }, index) => {
    spans += count
    return index === 0 || spans <= spansPerBatch
  })
}

const countIn = (deliveries: readonly Delivery[]): number =>
  deliveries.reduce((sum, { count }) => sum + count, 0)

const countSpans = ({ resourceSpans }: TracesBody): number =>
  resourceSpans.flatMap(({ scopeSpans }) => scopeSpans).reduce((sum, { spans }) => sum + spans.length, 0)
