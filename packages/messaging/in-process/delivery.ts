import { messageOf } from '@supergraph/runtime/error-text.ts'
import type { Turns } from '@supergraph/runtime/turns.ts'
import type { Envelope } from '../envelope.ts'
import {
  deliver,
  type GivenUp,
  type MessagingLogger,
  type Outcome,
  postponeDelayMs,
  type Subscription,
} from '../transport.ts'

/** A queue of this process; one that is stopped takes no more events. */
export type Queue = Subscription & { readonly turns: Turns; isStopped: boolean }

/** How far one event has come with one queue. */
type Progress = Pending | { readonly kind: 'acked' } | { readonly kind: 'givenUp'; readonly givenUp: GivenUp }

/** An event that the queue has not handled yet. */
type Pending = {
  readonly kind: 'pending'
  readonly attempts: number
  /** Milliseconds since the epoch; no attempt comes earlier. */
  readonly notBeforeMs: number
  readonly firstFailedAt: Date | undefined
}

/** The delivery of one event to one queue, over all attempts. */
export type Delivery = {
  readonly progress: () => Progress
  /** Makes the next attempt if it is due; joins the attempt under way, if there is one. */
  readonly attempt: (queue: Queue) => Promise<void>
}

/** Makes the delivery of an event that no attempt has been made of. */
export const createDelivery = (
  envelope: Envelope,
  { retryDelaysMs, logger }: { readonly retryDelaysMs: readonly number[]; readonly logger: MessagingLogger },
): Delivery => {
  let progress: Progress = { kind: 'pending', attempts: 0, notBeforeMs: 0, firstFailedAt: undefined }
  let underWay: Promise<void> | undefined

  const attemptInTurn = (queue: Queue, before: Pending): Promise<void> =>
    queue.turns.run(async () => {
      if (queue.isStopped) return
      const outcome = await deliver(queue, envelope, before.attempts + 1)
      progress = afterAttempt(before, outcome, { queue: queue.queue, retryDelaysMs, now: new Date() })
      if (progress.kind === 'givenUp' && outcome.kind !== 'ack')
        logger.error({ queue: queue.queue, eventId: envelope.id, err: outcome.error }, 'event given up on')
    })

  return {
    progress: () => progress,
    attempt: async queue => {
      if (progress.kind !== 'pending' || progress.notBeforeMs > Date.now()) return
      underWay ??= attemptInTurn(queue, progress).finally(() => {
        underWay = undefined
      })
      await underWay
    },
  }
}

/** How far the event has come after an attempt that ended so. */
export const afterAttempt = (
  before: Pending,
  outcome: Outcome,
  {
    queue,
    retryDelaysMs,
    now,
  }: { readonly queue: string; readonly retryDelaysMs: readonly number[]; readonly now: Date },
): Progress => {
  if (outcome.kind === 'ack') return { kind: 'acked' }
  if (outcome.kind === 'postpone')
    return { ...before, notBeforeMs: now.getTime() + postponeDelayMs(retryDelaysMs) }
  const attempts = before.attempts + 1
  const firstFailedAt = before.firstFailedAt ?? now
  const delayMs = outcome.kind === 'retry' ? retryDelaysMs[attempts - 1] : undefined
  return delayMs === undefined
    ? {
        kind: 'givenUp',
        givenUp: { queue, error: messageOf(outcome.error), attempts, firstFailedAt, lastFailedAt: now },
      }
    : { kind: 'pending', attempts, firstFailedAt, notBeforeMs: now.getTime() + delayMs }
}
