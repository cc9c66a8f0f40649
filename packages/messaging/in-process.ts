import { within } from '@supergraph/runtime/deadline.ts'
import { createTurns } from '@supergraph/runtime/turns.ts'
import type { Envelope } from './envelope.ts'
import { createDelivery, type Delivery, type Queue } from './in-process/delivery.ts'
import { createListeners } from './listeners.ts'
import {
  DeadLettered,
  defaultRetryDelaysMs,
  type MessagingLogger,
  type Options,
  RetryLater,
  StillBeingHandled,
  type Transport,
  Unroutable,
} from './transport.ts'

/** The transport of a one-process run; `open` ends the wait for the consumers that are still to be bound. */
type InProcessTransport = Transport & { open(): void }

const publishTimeoutMs = 250
const shortestRetryMs = 100
const underWayRetryMs = 250

/**
 * Carries events inside the process, straight from the outbox to every bound consumer: `publish` resolves once all of
 * them have handled the event. It throws `StillBeingHandled` if that takes longer than 250 ms, so that a slow handler
 * holds up no other event; the next publication joins the delivery under way. What is to be retried stays in the outbox,
 * so that a killed process loses nothing; what is given up on is parked there (`DeadLettered`).
 *
 * A queue is known from its first consumer on. If several services share the process, start with `startsOpen: false`
 * and `open` once all of them have started: an event would else miss a service that is not up yet.
 */
export const createInProcessTransport = (
  { logger, startsOpen = true }: { readonly logger: MessagingLogger; readonly startsOpen?: boolean },
  { retryDelaysMs = defaultRetryDelaysMs }: Options = {},
): InProcessTransport => {
  const queues = new Map<string, Queue>()
  const deliveriesOf = new Map<string, Map<string, Delivery>>()
  const listeners = createListeners(logger)
  const { promise: opened, resolve: open } = Promise.withResolvers<void>()
  if (startsOpen) open()
  let isStopped = false

  const queuesFor = (envelope: Envelope, only: readonly string[] | undefined): readonly Queue[] =>
    only === undefined
      ? [...queues.values()].filter(queue => queue.types.includes(envelope.type))
      : only.map(name => queues.get(name) ?? raise(new Unroutable(envelope, name)))

  const publish = async (envelope: Envelope, only?: readonly string[]): Promise<void> => {
    await inTime(opened)
    if (isStopped) throw new RetryLater('The transport is stopping.', shortestRetryMs)
    const bound = queuesFor(envelope, only)
    const isHeard = only === undefined && listeners.tell(envelope)
    if (bound.length === 0 && isHeard) return
    if (bound.length === 0) throw new Unroutable(envelope)
    const known = entry(deliveriesOf, envelope.id, () => new Map<string, Delivery>())
    const deliveries = bound.map(queue => ({
      queue,
      delivery: entry(known, queue.queue, () => createDelivery(envelope, { retryDelaysMs, logger })),
    }))
    // n.b. a publication that stops waiting stops here: the next one finds how the deliveries ended
    await inTime(Promise.all(deliveries.map(({ queue, delivery }) => delivery.attempt(queue))))
    throwIfPending(deliveries)
    deliveriesOf.delete(envelope.id)
    throwIfGivenUp(deliveries)
  }

  const stopQueue = async (queue: Queue) => {
    queue.isStopped = true
    await queue.turns.idle()
  }

  return {
    publish,
    consume: async subscription => {
      const before = queues.get(subscription.queue)
      if (before !== undefined && !before.isStopped)
        throw new Error(`The queue ${subscription.queue} already has its consumer.`)
      const turns = createTurns({ atOnce: subscription.prefetch })
      const queue: Queue = { ...subscription, turns, isStopped: false }
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

type QueuedDelivery = { readonly queue: Queue; readonly delivery: Delivery }

const throwIfPending = (deliveries: readonly QueuedDelivery[]): void => {
  const pending = deliveries.flatMap(({ queue, delivery }) => {
    const progress = delivery.progress()
    return progress.kind === 'pending'
      ? [{ name: queue.queue, dueInMs: progress.notBeforeMs - Date.now() }]
      : []
  })
  if (pending.length === 0) return
  const names = pending.map(({ name }) => name).join(', ')
  const dueInMs = Math.min(...pending.map(({ dueInMs }) => dueInMs))
  throw new RetryLater(`Not handled yet by ${names}.`, Math.max(dueInMs, shortestRetryMs))
}

const throwIfGivenUp = (deliveries: readonly QueuedDelivery[]): void => {
  const givenUp = deliveries.flatMap(({ delivery }) => {
    const progress = delivery.progress()
    return progress.kind === 'givenUp' ? [progress.givenUp] : []
  })
  if (givenUp.length > 0) throw new DeadLettered(givenUp)
}

const inTime = <T>(handled: Promise<T>): Promise<T> =>
  within(publishTimeoutMs, handled, () =>
    raise(new StillBeingHandled('Still being handled.', underWayRetryMs)),
  )

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
