import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { startLoop } from '@supergraph/runtime/loop.ts'
import type { DataSource } from 'typeorm'
import { carryOutDeletion } from '../database/deletion-store.ts'

export type CarryingOut = { readonly wakeAt: (dueAt: Date) => void }

const everyMs = 60_000

/** Deletes the accounts whose deletion is due, once a minute, and when `wakeAt` says. `stop` waits for the one under way. */
export const startCarryingOut = (database: DataSource, logger: Logger): Running & CarryingOut => {
  const loop = startLoop({
    everyMs,
    work: async stopping => {
      while (!stopping.aborted && (await carryOutDeletion(database)));
    },
    onError: error => logger.error({ err: error }, 'accounts could not be deleted; the next try is in 60 s'),
  })
  return {
    stop: loop.stop,
    wakeAt: dueAt => {
      const inMs = dueAt.getTime() - Date.now()
      // n.b. what is due later is found by the loop itself
      if (inMs < everyMs) setTimeout(loop.wake, Math.max(inMs, 0) + 50).unref()
    },
  }
}
