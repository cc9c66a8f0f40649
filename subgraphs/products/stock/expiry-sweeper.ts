import { setTimeout as pause } from 'node:timers/promises'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import type { StockStore } from '../database/stock-store.ts'

const sweepMs = 5_000
const batchSize = 100

/** Frees what orders have reserved for too long, every 5 s; several may run. `stop` waits for the order under way. */
export const startExpirySweeper = (stock: StockStore, logger: Logger): Running => {
  const stopping = new AbortController()

  // n.b. one transaction for each order: a product that many have reserved is not locked for long
  const expire = async (orderId: string): Promise<boolean> => {
    if (stopping.signal.aborted) return false
    return stock.expire(orderId).catch((error: unknown) => {
      logger.warn({ orderId, err: error }, 'a reservation could not expire; trying again')
      return false
    })
  }

  const sweep = async (): Promise<void> => {
    // n.b. what can't expire now must not keep the others from it: the next sweep tries it again
    const left: string[] = []
    for (let isWhole = false; !isWhole && !stopping.signal.aborted; ) {
      const orderIds = await stock.overdueOrders(batchSize, left)
      for (const orderId of orderIds) {
        if (!(await expire(orderId))) left.push(orderId)
      }
      isWhole = orderIds.length < batchSize
    }
  }

  const run = async () => {
    while (!stopping.signal.aborted) {
      await sweep().catch((error: unknown) => {
        logger.error({ err: error }, 'the overdue reservations could not be read; trying again')
      })
      await pause(sweepMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }
  const running = run()

  return {
    stop: () => {
      stopping.abort()
      return running
    },
  }
}
