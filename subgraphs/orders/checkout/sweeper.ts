import { setTimeout as pause } from 'node:timers/promises'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import type { OrderStore } from '../database/order-store.ts'
import type { Driver } from './driver.ts'

const sweepMs = 1_000
const maxUnderWay = 20

/**
 * Finishes what killed or hindered processes left undone, every second, a bounded number of orders at a time; several
 * may run. `stop` ends the sweep; what it has begun is the driver's.
 */
export const startSweeper = ({
  store,
  driver,
  logger,
}: {
  readonly store: OrderStore
  readonly driver: Driver
  readonly logger: Logger
}): Running => {
  const stopping = new AbortController()
  const underWay = new Set<Promise<unknown>>()

  /** Whether there may be more to do than there was room for. */
  const sweep = async (): Promise<boolean> => {
    const room = maxUnderWay - underWay.size
    const due = await store.claimDueSteps(room)
    for (const step of due) {
      const driving = driver.drive(step)
      underWay.add(driving)
      void driving.finally(() => underWay.delete(driving))
    }
    return due.length === room
  }

  const run = async () => {
    while (!stopping.signal.aborted) {
      const isMore = await sweep().catch((error: unknown) => {
        logger.error({ err: error }, 'the due steps could not be read; trying again')
        return false
      })
      if (isMore) await Promise.race(underWay)
      else await pause(sweepMs, undefined, { signal: stopping.signal }).catch(() => undefined)
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
