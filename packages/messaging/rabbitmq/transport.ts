import { defaultRetryDelaysMs, type MessagingLogger, type Transport, Unroutable } from '../transport.ts'
import { BrokerUnavailable, openConnection } from './connection.ts'
import { startRabbitMqConsumer } from './consumer.ts'
import { startRabbitMqListener } from './listener.ts'
import { closeWithin, createConfirmedPublisher } from './publisher.ts'
import { eventsExchange, exchangeDeclaration, scopedBy } from './topology.ts'

export { BrokerUnavailable }

/** What the RabbitMQ transport needs. */
export type RabbitMqOptions = {
  readonly url: string
  readonly logger: MessagingLogger
  /** Comes before the names of exchange and queues, for several installations on one broker. */
  readonly namespace?: string
  readonly retryDelaysMs?: readonly number[]
}

const closeTimeoutMs = 1_000

/**
 * Carries events over RabbitMQ (3.10 or later): persistent, confirmed, retried through delay queues, then dead-lettered
 * to `<queue>.dead`. Lost connections come back by themselves; `publish` meanwhile gives up after 10 s. Throws
 * `BrokerUnavailable` within 5 s where there is no broker at the start.
 */
export const connectRabbitMq = async (options: RabbitMqOptions): Promise<Transport> => {
  const { url, logger, namespace, retryDelaysMs = defaultRetryDelaysMs } = options
  const scoped = scopedBy(namespace)
  const exchange = scoped(eventsExchange)
  // n.b. two connections: the broker stops reading from one that publishes too much, and acks must not wait behind it
  const publishing = await openConnection(url, 'publishing', logger)
  const { connection: consuming } = await openConnection(url, 'consuming', logger).catch(error => {
    publishing.connection.unsafeDestroy()
    throw error
  })
  const publisher = createConfirmedPublisher(publishing, { exchanges: [exchangeDeclaration(exchange)] })
  const consumers = new Set<{ stop(): Promise<void> }>()

  return {
    publish: async (envelope, queues) => {
      const { id, type } = envelope
      if (queues === undefined) {
        const sent = await publisher.send({ exchange, routingKey: type, messageId: id, type }, envelope)
        if (sent === 'returned') throw new Unroutable(envelope)
      }
      for (const queue of queues ?? []) {
        const sent = await publisher.send({ routingKey: scoped(queue), messageId: id, type }, envelope)
        if (sent === 'returned') throw new Unroutable(envelope, scoped(queue))
      }
    },
    consume: async subscription => {
      const consumer = await startRabbitMqConsumer({
        consuming,
        publishing,
        exchange,
        retryDelaysMs,
        logger,
        subscription: { ...subscription, queue: scoped(subscription.queue) },
      })
      consumers.add(consumer)
      return {
        stop: async () => {
          consumers.delete(consumer)
          await consumer.stop()
        },
      }
    },
    listen: async listening => {
      const listener = await startRabbitMqListener({ consuming, exchange, logger, listening })
      consumers.add(listener)
      return {
        stop: async () => {
          consumers.delete(listener)
          await listener.stop()
        },
      }
    },
    stop: async () => {
      await Promise.allSettled([...consumers].map(consumer => consumer.stop()))
      await closeWithin(closeTimeoutMs, publisher)
      await Promise.all(
        [consuming, publishing.connection].map(async connection => {
          if (!(await closeWithin(closeTimeoutMs, connection))) connection.unsafeDestroy()
        }),
      )
    },
  }
}
