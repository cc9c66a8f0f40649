import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { CallNotMade } from '../calls.ts'
import type { Changed, DueStep, OrderStore } from '../database/order-store.ts'
import type { OrderRow } from '../database/tables.ts'
import { type Answer, isOverdue } from './decide.ts'
import type { PerformStep } from './steps.ts'

/** Takes orders through their steps. */
export type Driver = {
  /**
   * Performs a step and those that follow, each result written before the next one starts. Answers with the order once
   * nothing is left to do; undefined where it stays for a sweeper, or somebody else has the order since. Never throws.
   */
  readonly drive: (due: DueStep) => Promise<OrderRow | undefined>
}

/** `stop` waits for the orders under way, each until nothing is left to do or a step fails. */
export const createDriver = (dependencies: {
  readonly store: OrderStore
  readonly perform: PerformStep
  readonly logger: Logger
}): Driver & Running => {
  const { store, perform, logger } = dependencies
  const underWay = new Set<Promise<unknown>>()

  const advance = async (due: DueStep): Promise<Changed | 'stale'> => {
    const now = new Date()
    if (isOverdue(due.order, now)) return store.giveUp(due, now)
    const answer = await perform(due).catch((error: unknown) => toAnswer(due, error))
    return store.advance(due, answer, new Date())
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
      const result = await advance(due).catch((error: unknown) => leaveToSweeper(due, error))
      if (result === undefined || result === 'stale') return undefined
      if (result.due === null) return result.row
      due = result.due
    }
  }

  return {
    drive: due => {
      const driving = drive(due)
      underWay.add(driving)
      return driving.finally(() => underWay.delete(driving))
    },
    stop: async () => {
      await Promise.allSettled(underWay)
    },
  }
}

/** n.b. only the first try of a step tells that nothing has happened: an earlier one may have. */
const toAnswer = ({ step, isFirstAttempt }: DueStep, error: unknown): Answer => {
  const canTurnRound = step === 'RESERVE_STOCK' || step === 'AUTHORIZE_PAYMENT'
  if (error instanceof CallNotMade && isFirstAttempt && canTurnRound) return { step, kind: 'notExecuted' }
  throw error
}
