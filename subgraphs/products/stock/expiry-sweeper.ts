import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { startLoop } from '@supergraph/runtime/loop.ts'
import type { StockStore } from '../database/stock-store.ts'

const batchSize = 100

/** Frees what orders have reserved for too long, every 5 s, in any number of processes; `stop` waits for the order under way. */
export const startExpirySweeper = (stock: StockStore, logger: Logger): Running =>
  startLoop({
    everyMs: 5_000,
    work: stopping => sweep(stock, logger, stopping),
    onError: error =>
      logger.error({ err: error }, 'the overdue reservations could not be read; trying again'),
  })

const sweep = async (stock: StockStore, logger: Logger, stopping: AbortSignal): Promise<void> => {
  // n.b. a reservation that can't expire now must not keep the others from expiring: the next sweep tries it again
  const failed: string[] = []
  for (;;) {
    const orderIds = await stock.overdueOrders(batchSize, failed)
    for (const orderId of orderIds) {
      if (stopping.aborted) return
      if (!(await expire(stock, logger, orderId))) failed.push(orderId)
    }
    if (orderIds.length < batchSize) return
  }
}

// n.b. one transaction per order, so that a product that many orders have reserved is never locked for long
const expire = (stock: StockStore, logger: Logger, orderId: string): Promise<boolean> =>
  stock.expire(orderId).catch((error: unknown) => {
    logger.warn({ orderId, err: error }, 'a reservation could not expire; trying again')
    return false
  })
