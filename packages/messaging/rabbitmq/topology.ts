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

/** The queue in which a queue's messages wait before they come back. */
export const retryQueueOf = (queue: string, delayMs: number): string => `${queue}.retry.${delayMs}`

/** A consumer's quorum queue. */
export const queueDeclaration = (queue: string): QueueDeclaration => ({
  queue,
  durable: true,
  arguments: { ...deadLettersTo(deadQueueOf(queue)), 'x-delivery-limit': deliveryLimit },
})

/** The queues beside a consumer's queue: one for each pause, which returns its messages after the pause, and the dead letters. */
export const sideQueueDeclarations = (
  queue: string,
  retryDelaysMs: readonly number[],
): QueueDeclaration[] => [
  {
    queue: deadQueueOf(queue),
    durable: true,
    arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': unlimitedDeliveries },
  },
  ...[...new Set(retryDelaysMs)].map(delayMs => ({
    queue: retryQueueOf(queue, delayMs),
    durable: true,
    arguments: { ...deadLettersTo(queue), 'x-message-ttl': delayMs },
  })),
]

/** The bindings of a queue to the event types. */
export const bindings = (
  exchange: string,
  queue: string,
  types: readonly string[],
): readonly MethodParams[Cmd.QueueBind][] => types.map(type => ({ exchange, queue, routingKey: type }))

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
const deadLettersTo = (queue: string) => ({
  'x-queue-type': 'quorum' as const,
  'x-overflow': 'reject-publish' as const,
  'x-dead-letter-strategy': 'at-least-once',
  'x-dead-letter-exchange': '',
  'x-dead-letter-routing-key': queue,
})
