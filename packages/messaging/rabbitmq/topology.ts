import type { Cmd, ConsumerProps, MethodParams } from 'rabbitmq-client'

type QueueDeclaration = MethodParams[Cmd.QueueDeclare] & { readonly queue: string }

// a message that ends its consumer's process this often is dead-lettered by the broker
const deliveryLimit = 20
// n.b. listing dead letters takes and returns them, which counts: RabbitMQ 4 drops at 20 unless told otherwise
const unlimitedDeliveries = 1_000_000

/** Puts an installation's namespace, where it has one, before the name of an exchange or queue. */
export const scopedBy =
  (namespace: string | undefined) =>
  (name: string): string =>
    namespace === undefined ? name : `${namespace}.${name}`

/** The exchange of all events, without the namespace. */
export const eventsExchange = 'supergraph.events'

/** The durable topic exchange of all events; the routing key is the event's type. */
export const exchangeDeclaration = (exchange: string) => ({ exchange, type: 'topic', durable: true }) as const

/** Where a queue's messages go that were given up on. */
export const deadQueueOf = (queue: string): string => `${queue}.dead`

/** Where a queue's messages wait before they come back to it. */
export const retryQueueOf = (queue: string, delayMs: number): string => `${queue}.retry.${delayMs}`

/** A consumer's quorum queue. */
export const queueDeclaration = (queue: string): QueueDeclaration => ({
  queue,
  durable: true,
  arguments: { ...deadLettersTo(deadQueueOf(queue)), 'x-delivery-limit': deliveryLimit },
})

/** The queues beside it: one per pause, which gives its messages back when their time is up, and the dead letters. */
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

/** What binds a queue to the event types. */
export const bindings = (
  exchange: string,
  queue: string,
  types: readonly string[],
): ConsumerProps['queueBindings'] & {} => types.map(type => ({ exchange, queue, routingKey: type }))

// n.b. the default strategy, at-most-once, loses a message where the target can't take it
const deadLettersTo = (queue: string) => ({
  'x-queue-type': 'quorum' as const,
  'x-overflow': 'reject-publish' as const,
  'x-dead-letter-strategy': 'at-least-once',
  'x-dead-letter-exchange': '',
  'x-dead-letter-routing-key': queue,
})
