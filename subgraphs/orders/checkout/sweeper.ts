import { setTimeout as pause } from 'node:timers/promises'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import type { OrderStore } from '../database/order-store.ts'
import type { Steps } from './steps.ts'

const sweepMs = 1_000
const batchSize = 20

/** Finishes what killed or hindered processes left undone, every second; several may run. `stop` ends the sweep under way. */
export const startSweeper = ({
  store,
  steps,
  logger,
}: {
  readonly store: OrderStore
  readonly steps: Steps
  readonly logger: Logger
}): Running => {
  const stopping = new AbortController()

  const sweep = async (): Promise<number> => {
    const due = await store.claimDueSteps(batchSize)
    const results = await Promise.allSettled(due.map(steps.perform))
    for (const [index, result] of results.entries()) {
      if (result.status === 'fulfilled') continue
      logger.warn({ ...due[index], err: result.reason }, 'a step of the checkout will be repeated')
    }
    return due.length
  }

  const run = async () => {
    while (!stopping.signal.aborted) {
      const taken = await sweep().catch((error: unknown) => {
        logger.error({ err: error }, 'the due steps could not be read; trying again')
        return 0
      })
      if (taken === batchSize) continue
      await pause(sweepMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }
  const running = run()

  return {
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}
