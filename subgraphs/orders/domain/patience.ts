import { isWaiting, nextStep, type StepResult } from './next-step.ts'
import type { Order } from './order.ts'
import type { KnownSettlement, Settled } from './settlement.ts'

const awaitMs = 30_000
const undecidedMs = 60_000

/**
 * How long an order is left alone whose step has ended so, in ms: until it is likely that its customer has acted, and no
 * longer than its stock is held. Undefined if the next step is to be taken now.
 */
export const pauseAfter = (order: Order, result: StepResult, now: Date): number | undefined => {
  if (result.kind === 'undecided') return undecidedMs
  return result.kind === 'waiting' && nextStep(order) === 'AWAIT_PAYMENT'
    ? Math.min(awaitMs, Math.max(0, result.until.getTime() - now.getTime()))
    : undefined
}

const patienceMs = 30 * 60_000

/**
 * Whether a PENDING order without a refusal has made no progress for 30 minutes, and is to be given up. n.b. not one that
 * waits for its payment: whether that has come is asked first.
 */
export const isOverdue = (order: Order, now: Date): boolean => {
  const at = givenUpAt(order)
  return at !== null && !isWaiting(order.payment) && now > at
}

/** When an order is given up that has come no further; null if it must be finished. */
export const givenUpAt = ({ status, refusal, placedAt, payment }: Order): Date | null => {
  if (status !== 'PENDING' || refusal !== null) return null
  if (isWaiting(payment)) return payment.waitsUntil
  return new Date(Math.max(placedAt.getTime(), payment.waitsUntil?.getTime() ?? 0) + patienceMs)
}

const dayMs = 24 * 3_600_000

/**
 * How often what the order must give back has failed at the bank, and how long it is left alone, in ms: it is made again at
 * once, and then each day, since a card that is gone stays gone.
 */
export const waitAfter = (
  { refunds }: KnownSettlement,
  { order, failed }: Settled,
): { readonly failedAttempts: number; readonly pauseMs: number } => {
  if (nextStep(order) !== 'RETURN_PAYMENT') return { failedAttempts: 0, pauseMs: 0 }
  const before = refunds.filter(({ isSystems, state }) => isSystems && state === 'FAILED').length
  const failedAttempts = before + failed.filter(({ isSystems }) => isSystems).length
  return { failedAttempts, pauseMs: failedAttempts > 1 ? dayMs : 0 }
}
