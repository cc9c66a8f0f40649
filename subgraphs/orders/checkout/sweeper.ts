import type { Logger } from '@supergraph/runtime/logger.ts'
import { type Loop, startLoop } from '@supergraph/runtime/loop.ts'
import type { OrderStore, UnusedKeys } from '../database/order-store.ts'
import type { Driver } from './driver.ts'
import { inSweepSpan } from './step-span.ts'

const sweepMs = 1_000
const maxUnderWay = 20

/**
 * Goes on every second with the steps that stopped or failing processes left undone, up to 20 orders at a time; several
 * processes may run one. `stop` ends the sweep, and the driver waits for the orders that were started.
 */
export const startSweeper = ({
  store,
  driver,
  unusedAfterWait,
  logger,
}: {
  readonly store: OrderStore
  readonly driver: Driver
  /** What is given back of what was counted for an order that has waited for its payment. */
  readonly unusedAfterWait: UnusedKeys
  readonly logger: Logger
}): Loop => {
  const underWay = new Set<Promise<unknown>>()

  const sweep = async (): Promise<number> => {
    const room = maxUnderWay - underWay.size
    const due = await store.claimDueSteps(room, orderId =>
      logger.error({ orderId }, 'an order waits for a release that can read its row'),
    )
    for (const step of due) {
      const driving = inSweepSpan(step, () =>
        driver.drive(step, step.step === 'AWAIT_PAYMENT' ? unusedAfterWait : undefined),
      )
      underWay.add(driving)
      void driving.finally(() => underWay.delete(driving))
    }
    if (due.length < room) return sweepMs
    await Promise.race(underWay)
    return 0
  }

  return startLoop({
    everyMs: sweepMs,
    work: sweep,
    onError: error => logger.error({ err: error }, 'the due steps could not be read; trying again'),
  })
}
