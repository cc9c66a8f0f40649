import type { Cmd, MethodParams } from 'rabbitmq-client'
import { z } from 'zod'

/** What declares a queue. */
export type QueueDeclaration = MethodParams[Cmd.QueueDeclare] & { readonly queue: string }

// n.b. the broker itself dead-letters a message that has ended its consumer's process this often
const deliveryLimit = 20
// n.b. listing dead letters takes and returns them, and each return counts: RabbitMQ 4 drops a message after 20
const unlimitedDeliveries = 1_000_000

/** Puts an installation's namespace, if it has one, before the name of an exchange or queue. */
export const scopedBy =
  (namespace: string | undefined) =>
  (name: string): string =>
    namespace === undefined ? name : `${namespace}.${name}`

/** The exchange of all events, without the namespace. */
export const eventsExchange = 'supergraph.events'

/** The durable topic exchange of all events; the routing key is the event's type. */
export const exchangeDeclaration = (exchange: string) => ({ exchange, type: 'topic', durable: true }) as const

/** The queue of the messages that a queue gave up on. */
export const deadQueueOf = (queue: string): string => `${queue}.dead`

/** The queue in which a queue's messages wait after their n-th failed attempt before they come back. */
export const retryQueueOf = (queue: string, attempt: number): string => `${queue}.retry-${attempt}`

/** The queues in which messages wait, for as many pauses. */
export const retryQueuesOf = (queue: string, { length }: readonly number[]): readonly string[] =>
  Array.from({ length }, (_, index) => retryQueueOf(queue, index + 1))

/** The retry queues of releases that named each by its pause; they return their messages through the default exchange. */
export const formerRetryQueuesOf = (queue: string): readonly string[] =>
  [1_000, 5_000, 30_000, 120_000].map(delayMs => `${queue}.retry.${delayMs}`)

/** The queue that stands in for a queue while that one gets other arguments. */
export const holdingQueueOf = (queue: string): string => `${queue}.held`

/** Who declares or renews the queue has its turn; the name is also the routing key that asks consumers to let go of the queue. */
export const turnOf = (queue: string): string => `${queue}.turn`

/** A consumer's quorum queue. */
export const queueDeclaration = (queue: string): QueueDeclaration => ({
  queue,
  durable: true,
  arguments: { ...deadLettersTo('', deadQueueOf(queue)), 'x-delivery-limit': deliveryLimit },
})

/** A quorum queue that keeps its messages however often they are looked at. */
export const keepingDeclaration = (queue: string): QueueDeclaration => ({
  queue,
  durable: true,
  arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': unlimitedDeliveries },
})

/**
 * A queue that returns each message to the consumer's queue once the message has expired. n.b. the pause is a property of the
 * message, so that another pause needs no other queue; those in one queue have the same, and expire in their order.
 */
export const retryDeclaration = (exchange: string, queue: string, retryQueue: string): QueueDeclaration => ({
  queue: retryQueue,
  durable: true,
  arguments: deadLettersTo(exchange, queue),
})

/** The bindings of a queue to routing keys. */
export const bindings = (
  exchange: string,
  queue: string,
  keys: readonly string[],
): readonly MethodParams[Cmd.QueueBind][] => keys.map(routingKey => ({ exchange, queue, routingKey }))

/**
 * What a consumer's queue is bound by: the types of its events, and its name for what is sent to it alone. n.b. nothing is sent
 * to it through the default exchange: what is bound in its place gets everything.
 */
export const keysOf = (queue: string, types: readonly string[]): readonly string[] => [...types, queue]

/** What a message's headers tell of its failed attempts; what is missing or malformed is left out. */
export const failureHeaders = z.object({
  'x-attempts': z.int().nonnegative().catch(0),
  'x-error': z.string().optional().catch(undefined),
  'x-first-failed-at': z.iso.datetime().optional().catch(undefined),
  'x-last-failed-at': z.iso.datetime().optional().catch(undefined),
})

/** The failed attempts of a message, as its headers carry them. */
export type FailureHeaders = z.output<typeof failureHeaders>

// n.b. the default strategy, at-most-once, loses a message if the target can't take it
const deadLettersTo = (exchange: string, routingKey: string) => ({
  'x-queue-type': 'quorum' as const,
  'x-overflow': 'reject-publish' as const,
  'x-dead-letter-strategy': 'at-least-once',
  'x-dead-letter-exchange': exchange,
  'x-dead-letter-routing-key': routingKey,
})
