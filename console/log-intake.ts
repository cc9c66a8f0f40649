import { isUnavailable } from '@supergraph/postgres/connection.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { startLoop } from '@supergraph/runtime/loop.ts'
import type { DataSource } from 'typeorm'
import { pruneLines, storeLines } from './database/log-store.ts'
import { kept } from './database/prune.ts'
import type { LogLine } from './traces/log-line.ts'
import { readLogs } from './traces/otlp-logs.ts'

/** Takes lines of logs and stores them soon after; whoever brings lines never waits. */
export type LogIntake = Running & {
  /** Takes an OTLP export; the lines that do not fit into the queue are dropped. */
  readonly takeExport: (body: unknown) => void
  /** Hears that something was stored; returns what ends this. */
  readonly onStored: (listener: () => void) => () => void
}

const maxWaiting = 5_000
const linesPerBatch = 500
const everyMs = 500
const pruneEveryMs = 30_000

/**
 * Starts storing lines in batches.
 * n.b. what fails here is not logged: each line about it would be the next to fail
 */
export const startLogIntake = (database: DataSource): LogIntake => {
  const listeners = new Set<() => void>()
  let waiting: LogLine[] = []

  const storeBatch = async (): Promise<void> => {
    const batch = waiting.slice(0, linesPerBatch)
    try {
      await storeLines(database, batch)
    } catch (error) {
      if (isUnavailable(error)) throw error
    }
    waiting = waiting.slice(batch.length)
    for (const listener of listeners) listener()
  }
  const storing = startLoop({
    everyMs,
    retryMs: 2_000,
    work: async stopping => {
      while (waiting.length > 0 && !stopping.aborted) await storeBatch()
    },
    onError: () => undefined,
  })
  const pruning = startLoop({
    everyMs: pruneEveryMs,
    work: () => pruneLines(database, kept.hours),
    onError: () => undefined,
  })
  return {
    takeExport: body => {
      const lines = readLogs(body)
      waiting = waiting.concat(lines.slice(0, maxWaiting - waiting.length))
    },
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
