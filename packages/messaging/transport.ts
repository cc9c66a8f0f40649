import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { countDelivery } from './delivery-metrics.ts'
import type { Envelope } from './envelope.ts'

/** Carries envelopes from a relay to consumers. There are two implementations: RabbitMQ and in-process. */
export type Transport = {
  /** What tells whether the broker can be used now; undefined if there is none. */
  readonly broker?: { readonly isUsable: () => boolean }
  /**
   * Resolves once every queue bound to the event's type has stored it (in process: once every consumer has handled
   * it); throws `Unroutable`, `RetryLater`, `DeadLettered` or what went wrong. With `queues`, only these get it.
   */
  publish(envelope: Envelope, queues?: readonly string[]): Promise<void>
  /** Binds the durable queue to the event types and delivers from it, at most `prefetch` messages at a time. */
  consume(subscription: Subscription): Promise<Running>
  /**
   * Hears every event of these types from now on, as does every other process that listens. What is published while a
   * listener is away is lost to it. An event that somebody only listens to counts as routed.
   */
  listen(listening: Listening): Promise<Running>
  /** Stops every consumer, waits for the deliveries in flight, then disconnects. */
  stop(): Promise<void>
}

/** A queue, the event types that it takes, and who handles them. */
export type Subscription = {
  readonly queue: string
  readonly types: readonly string[]
  readonly prefetch: number
  /**
   * Takes one message; `attempt` counts from 1. A redelivery was delivered before by whatever ended without an answer,
   * such as a process that was killed.
   */
  deliver(envelope: unknown, attempt: number, isRedelivery: boolean): Promise<Outcome>
}

/** The event types to listen to, and who hears them; an event may be heard more than once. */
export type Listening = {
  readonly types: readonly string[]
  handle(envelope: unknown): void
}

/** What became of a delivery. */
export type Outcome =
  | { readonly kind: 'ack' }
  | { readonly kind: 'retry'; readonly error: unknown }
  /** The consumer could not even try: the message comes again after a pause, without end, and this is no attempt. */
  | { readonly kind: 'postpone'; readonly error: unknown }
  | { readonly kind: 'deadLetter'; readonly error: unknown }

/** Delivers a message once; a delivery that throws is to be retried. */
export const deliver = async (
  subscription: Subscription,
  body: unknown,
  attempt: number,
  isRedelivery = false,
): Promise<Outcome> => {
  const outcome = await attemptOnce(() => subscription.deliver(body, attempt, isRedelivery))
  countDelivery(subscription.queue, outcome.kind, body)
  return outcome
}

const attemptOnce = async (attempt: () => Promise<Outcome>): Promise<Outcome> => {
  try {
    return await attempt()
  } catch (error) {
    return { kind: 'retry', error }
  }
}

/** A queue's giving up on a message, and why. */
export type GivenUp = {
  readonly queue: string
  readonly error: string
  readonly attempts: number
  readonly firstFailedAt: Date
  readonly lastFailedAt: Date
}

/** What tests change of a transport: the pauses before an attempt. */
export type Options = { readonly retryDelaysMs?: readonly number[] }

/** The pauses before the second, third … attempt; a message that fails after the last pause is given up on. */
export const defaultRetryDelaysMs: readonly number[] = [1_000, 5_000, 30_000, 120_000]

/** The pause before a postponed message comes again: 5 s, or the longest of the pauses if that is shorter. */
export const postponeDelayMs = (retryDelaysMs: readonly number[]): number =>
  Math.min(longestPostponeMs, Math.max(0, ...retryDelaysMs) || longestPostponeMs)

const longestPostponeMs = 5_000

/** What this package writes its log to; pino's logger fits. */
export type MessagingLogger = {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** No queue is bound to the event's type, or a queue that the event was meant for does not exist. */
export class Unroutable extends Error {
  override readonly name = 'Unroutable'
  constructor(envelope: Envelope, queue?: string) {
    super(
      queue === undefined
        ? `No queue is bound to ${envelope.type}: start a service that consumes it. The event stays in the outbox.`
        : `The queue ${queue} is not there: start the service that consumes it. The event stays in the outbox.`,
    )
  }
}

/** The event could not be carried now; the publisher should try again after `retryAfterMs`. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater'
  readonly retryAfterMs: number
  constructor(message: string, retryAfterMs: number, options?: ErrorOptions) {
    super(message, options)
    this.retryAfterMs = retryAfterMs
  }
}

/** The transport carries nothing now, whatever the event. */
export class TransportUnavailable extends RetryLater {}

/** The event is on its way and nothing failed: its consumer takes longer than a publisher should wait. */
export class StillBeingHandled extends RetryLater {}

/** The event was given up on and the transport does not store it: the publisher must park it. */
export class DeadLettered extends Error {
  override readonly name = 'DeadLettered'
  readonly givenUp: readonly GivenUp[]
  constructor(givenUp: readonly GivenUp[]) {
    super(givenUp.map(({ queue, attempts, error }) => `${queue}, ${attempts} attempts: ${error}`).join('; '))
    this.givenUp = givenUp
  }
}
