import { within } from '@supergraph/runtime/deadline.ts'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import { createTurns, type Turns } from '@supergraph/runtime/turns.ts'
import type { Envelope } from './envelope.ts'
import { createListeners } from './listeners.ts'
import {
  DeadLettered,
  defaultRetryDelaysMs,
  type GivenUp,
  type MessagingLogger,
  type Outcome,
  postponeDelayMs,
  RetryLater,
  StillBeingHandled,
  type Subscription,
  type Transport,
  Unroutable,
} from './transport.ts'

/** The transport of a one-process run; `open` ends the wait for the consumers that are still to be bound. */
export type InProcessTransport = Transport & { open(): void }

/** What the in-process transport needs; `startsOpen: false` holds every event back until `open` is called. */
export type InProcessOptions = {
  readonly logger: MessagingLogger
  readonly retryDelaysMs?: readonly number[]
  readonly startsOpen?: boolean
}

type Queue = Subscription & { readonly turns: Turns; stopped: boolean }

/** Where one event stands with one queue; `running` joins a second publication to the delivery under way. */
type Progress = {
  attempts: number
  /** Milliseconds since the epoch; no attempt comes earlier. */
  notBeforeMs: number
  firstFailedAt: Date | undefined
  running: Promise<void> | undefined
  state: 'pending' | 'acked' | { readonly givenUp: GivenUp }
}

const publishTimeoutMs = 250
const shortestRetryMs = 100
const underWayRetryMs = 250

/**
 * Carries events inside the process, straight from the outbox to every bound consumer: `publish` resolves once all of
 * them have handled the event. It throws `StillBeingHandled` where that takes longer than 250 ms, so that a slow handler
 * holds up no other event; the next publication joins the delivery under way. What is to be retried stays in the outbox,
 * so that a killed process loses nothing; what is given up on is parked there (`DeadLettered`).
 *
 * A queue is known from its first consumer on. Where several services share the process, start with
 * `startsOpen: false` and `open` once all have started: an event would else pass a service that is not up yet.
 */
export const createInProcessTransport = (options: InProcessOptions): InProcessTransport => {
  const { logger, retryDelaysMs = defaultRetryDelaysMs } = options
  const queues = new Map<string, Queue>()
  const progressOf = new Map<string, Map<string, Progress>>()
  const listeners = createListeners(logger)
  const { promise: opened, resolve: open } = Promise.withResolvers<void>()
  if (options.startsOpen ?? true) open()
  let isStopped = false

  const attempt = async (queue: Queue, envelope: Envelope, progress: Progress): Promise<void> => {
    const outcome = await queue.turns.run(() =>
      queue.stopped ? undefined : deliver(queue, envelope, progress.attempts + 1),
    )
    if (outcome === undefined) return
    const now = new Date()
    if (outcome.kind === 'postpone') {
      progress.notBeforeMs = now.getTime() + postponeDelayMs(retryDelaysMs)
      return
    }
    progress.attempts += 1
    if (outcome.kind === 'ack') {
      progress.state = 'acked'
      return
    }
    progress.firstFailedAt ??= now
    const delayMs = outcome.kind === 'retry' ? retryDelaysMs[progress.attempts - 1] : undefined
    if (delayMs !== undefined) {
      progress.notBeforeMs = now.getTime() + delayMs
      return
    }
    progress.state = {
      givenUp: {
        queue: queue.queue,
        error: messageOf(outcome.error),
        attempts: progress.attempts,
        firstFailedAt: progress.firstFailedAt,
        lastFailedAt: now,
      },
    }
    logger.error({ queue: queue.queue, eventId: envelope.id, err: outcome.error }, 'event given up on')
  }

  const publish = async (envelope: Envelope, only?: readonly string[]): Promise<void> => {
    await inTime(opened)
    if (isStopped) throw new RetryLater('The transport is stopping.', shortestRetryMs)
    const bound =
      only === undefined
        ? [...queues.values()].filter(queue => queue.types.includes(envelope.type))
        : only.map(name => queues.get(name) ?? raise(new Unroutable(envelope, name)))
    const isHeard = only === undefined && listeners.tell(envelope)
    if (bound.length === 0 && isHeard) return
    if (bound.length === 0) throw new Unroutable(envelope)
    const progress = entry(progressOf, envelope.id, () => new Map<string, Progress>())
    const all = bound.map(queue => ({ queue, progress: entry(progress, queue.queue, newProgress) }))
    const running = all
      .filter(({ progress }) => progress.state === 'pending' && progress.notBeforeMs <= Date.now())
      .map(({ queue, progress }) => {
        progress.running ??= attempt(queue, envelope, progress).finally(() => {
          progress.running = undefined
        })
        return progress.running
      })
    // n.b. a publication that stops waiting stops here: how the deliveries ended is for the next one to find
    await inTime(Promise.all(running))
    const pending = all.filter(({ progress }) => progress.state === 'pending')
    if (pending.length > 0) {
      const waitMs = Math.min(...pending.map(({ progress }) => progress.notBeforeMs - Date.now()))
      const names = pending.map(({ queue }) => queue.queue).join(', ')
      throw new RetryLater(`Not handled yet by ${names}.`, Math.max(waitMs, shortestRetryMs))
    }
    progressOf.delete(envelope.id)
    const givenUp = all.flatMap(({ progress }) =>
      typeof progress.state === 'object' ? [progress.state.givenUp] : [],
    )
    if (givenUp.length > 0) throw new DeadLettered(givenUp)
  }

  const stopQueue = async (queue: Queue) => {
    queue.stopped = true
    await queue.turns.idle()
  }

  return {
    publish,
    consume: async subscription => {
      const before = queues.get(subscription.queue)
      if (before !== undefined && !before.stopped)
        throw new Error(`The queue ${subscription.queue} already has its consumer.`)
      const queue: Queue = {
        ...subscription,
        turns: createTurns({ atOnce: subscription.concurrency }),
        stopped: false,
      }
      queues.set(subscription.queue, queue)
      return { stop: () => stopQueue(queue) }
    },
    listen: async listening => listeners.add(listening),
    open,
    stop: async () => {
      isStopped = true
      open()
      await Promise.all([...queues.values()].map(stopQueue))
    },
  }
}

const inTime = <T>(handled: Promise<T>): Promise<T> =>
  within(publishTimeoutMs, handled, () =>
    raise(new StillBeingHandled('Still being handled.', underWayRetryMs)),
  )

const deliver = async (queue: Queue, envelope: Envelope, attempt: number): Promise<Outcome> => {
  try {
    return await queue.deliver(envelope, attempt)
  } catch (error) {
    return { kind: 'retry', error }
  }
}

const newProgress = (): Progress => ({
  attempts: 0,
  notBeforeMs: 0,
  firstFailedAt: undefined,
  running: undefined,
  state: 'pending',
})

const entry = <Value>(map: Map<string, Value>, key: string, create: () => Value): Value => {
  const found = map.get(key)
  if (found !== undefined) return found
  const created = create()
  map.set(key, created)
  return created
}

const raise = (error: Error): never => {
  throw error
}
