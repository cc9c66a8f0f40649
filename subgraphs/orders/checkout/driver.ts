import type { Clock } from '@supergraph/postgres/clock.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import type { Postponement } from '../database/order-statements.ts'
import type { OrderStore, UnusedKeys } from '../database/order-store.ts'
import type { DueStep, Saved } from '../database/stored-order.ts'
import type { StepResult } from '../domain/next-step.ts'
import { isOverdue } from '../domain/patience.ts'
import { CallNotMade, CallRefused } from '../remote-calls.ts'
import { performTraced } from './step-span.ts'
import type { PerformStep } from './steps.ts'

/** How long a step may take if the progress of its checkout is to stay unwritten. */
const slowStepMs = 250

/** Takes orders through their steps. */
export type Driver = ReturnType<typeof createDriver>

export const createDriver = (dependencies: {
  readonly store: OrderStore
  readonly perform: PerformStep
  readonly clock: Clock
  readonly logger: Logger
}) => {
  const { store, perform, clock, logger } = dependencies
  const underWay = new Set<Promise<unknown>>()

  /** Writes the progress of an order if its step takes long; returns what gives the step as it is then written. */
  const saveIfSlow = (due: DueStep): (() => Promise<DueStep>) => {
    let saved = Promise.resolve(due)
    const timer = setTimeout(() => {
      // n.b. what can not be written now is written with the step's result
      saved = store.saveProgress(due).catch(() => due)
    }, slowStepMs)
    return () => {
      clearTimeout(timer)
      return saved
    }
  }

  const performAndSave = async (
    due: DueStep,
    unusedKeys: UnusedKeys | undefined,
  ): Promise<Saved | 'stale' | undefined> => {
    const now = clock.now()
    const startedAtMs = performance.now()
    const latest = saveIfSlow(due)
    try {
      if (isOverdue(due.order, now)) return await store.giveUp(await latest(), now)
      const result = await performTraced(perform, due).catch((error: unknown) => toResult(due, error))
      // n.b. a process that was stopped for a while may have lost the order, and learns that when it writes
      const mayWait = performance.now() - startedAtMs < slowStepMs
      return await store.saveResult(await latest(), result, clock.now(), { mayWait, unusedKeys })
    } catch (error) {
      await leaveToSweeper(await latest(), error)
      return undefined
    }
  }

  const leaveToSweeper = async (due: DueStep, reason: unknown): Promise<void> => {
    const { order, step } = due
    logger.warn(
      { orderId: order.id, step, err: reason },
      'a step of the checkout failed and will be repeated',
    )
    await store.postpone(due, postponementAfter(reason)).catch((error: unknown) => {
      logger.warn({ orderId: order.id, step, err: error }, 'it will be repeated once its lease is over')
    })
  }

  const drive = async (first: DueStep, unusedKeys: UnusedKeys | undefined): Promise<Saved | undefined> => {
    for (let due = first; ; ) {
      const saved = await performAndSave(due, unusedKeys)
      if (saved === undefined || saved === 'stale') return undefined
      if (saved.due === null) return saved
      due = saved.due
    }
  }

  return {
    /**
     * Performs a step and the steps after it. Progress is written once a step takes long or fails, and with the outcome.
     * Returns the order when nothing is left to do, or undefined if a sweeper or another process has to go on. Never throws.
     * What is counted under `unusedKeys` is given back with the outcome, if it is free at that moment.
     */
    drive: (due: DueStep, unusedKeys?: UnusedKeys): Promise<Saved | undefined> => {
      const driving = drive(due, unusedKeys)
      underWay.add(driving)
      return driving.finally(() => underWay.delete(driving))
    },
    /** Waits until nothing is left to do for the orders under way, or their steps fail. */
    stop: async (): Promise<void> => {
      await Promise.allSettled(underWay)
    },
  }
}

const postponementAfter = (reason: unknown): Postponement => {
  if (reason instanceof CallNotMade) return 'notMade'
  return reason instanceof CallRefused ? 'refused' : 'failed'
}

/** n.b. only the first attempt at a step shows that nothing has happened: an earlier attempt may have been carried out. */
const toResult = ({ step, isFirstAttempt }: DueStep, error: unknown): StepResult => {
  const canRefuse = step === 'RESERVE_STOCK' || step === 'AUTHORIZE_PAYMENT'
  if (error instanceof CallNotMade && isFirstAttempt && canRefuse) return { step, kind: 'notExecuted' }
  throw error
}
