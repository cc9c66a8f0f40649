import type { Logger } from '@supergraph/runtime/logger.ts'
import type { DueStep, OrderStore, Saved } from '../database/order-store.ts'
import type { OrderRow } from '../database/tables.ts'
import { isOverdue, type StepResult } from '../domain/next-step.ts'
import { CallNotMade } from '../remote-calls.ts'
import type { PerformStep } from './steps.ts'

/** Takes orders through their steps. */
export type Driver = ReturnType<typeof createDriver>

export const createDriver = (dependencies: {
  readonly store: OrderStore
  readonly perform: PerformStep
  readonly logger: Logger
}) => {
  const { store, perform, logger } = dependencies
  const underWay = new Set<Promise<unknown>>()

  const performAndSave = async (due: DueStep): Promise<Saved | 'stale'> => {
    const now = new Date()
    if (isOverdue(due.order, now)) return store.giveUp(due, now)
    const result = await perform(due).catch((error: unknown) => toResult(due, error))
    return store.saveResult(due, result, new Date())
  }

  const leaveToSweeper = async (due: DueStep, reason: unknown): Promise<void> => {
    const { order, step } = due
    logger.warn(
      { orderId: order.id, step, err: reason },
      'a step of the checkout failed and will be repeated',
    )
    await store.postpone(due, { wasMade: !(reason instanceof CallNotMade) }).catch((error: unknown) => {
      logger.warn({ orderId: order.id, step, err: error }, 'it will be repeated once its lease is over')
    })
  }

  const drive = async (first: DueStep): Promise<OrderRow | undefined> => {
    for (let due = first; ; ) {
      const saved = await performAndSave(due).catch((error: unknown) => leaveToSweeper(due, error))
      if (saved === undefined || saved === 'stale') return undefined
      if (saved.due === null) return saved.row
      due = saved.due
    }
  }

  return {
    /**
     * Performs a step and the steps after it, and writes each result before the next step starts. Returns the order when
     * nothing is left to do, or undefined if a sweeper or another process has to go on. Never throws.
     */
    drive: (due: DueStep): Promise<OrderRow | undefined> => {
      const driving = drive(due)
      underWay.add(driving)
      return driving.finally(() => underWay.delete(driving))
    },
    /** Waits until nothing is left to do for the orders under way, or their steps fail. */
    stop: async (): Promise<void> => {
      await Promise.allSettled(underWay)
    },
  }
}

/** n.b. only the first attempt at a step shows that nothing has happened: an earlier attempt may have been carried out. */
const toResult = ({ step, isFirstAttempt }: DueStep, error: unknown): StepResult => {
  const canRefuse = step === 'RESERVE_STOCK' || step === 'AUTHORIZE_PAYMENT'
  if (error instanceof CallNotMade && isFirstAttempt && canRefuse) return { step, kind: 'notExecuted' }
  throw error
}
