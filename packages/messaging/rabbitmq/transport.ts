import type { Running } from '@supergraph/runtime/lifecycle.ts'
import {
  defaultRetryDelaysMs,
  type MessagingLogger,
  type Options,
  type Transport,
  Unroutable,
} from '../transport.ts'
import { closeConnection, closeInTime } from './client.ts'
import { openConnection } from './connection.ts'
import { startRabbitMqConsumer } from './consumer.ts'
import { startRabbitMqListener } from './listener.ts'
import { createConfirmedPublisher } from './publisher.ts'
import { watchQueues } from './queue-metrics.ts'
import { eventsExchange, exchangeDeclaration, scopedBy } from './topology.ts'

/**
 * Carries events over RabbitMQ (3.10 or later): persistent, confirmed, retried through delay queues, then dead-lettered
 * to `<queue>.dead`. Lost connections come back by themselves; `publish` meanwhile gives up after 10 s. `namespace` comes
 * before the names of exchange and queues, for several installations on one broker. Throws `BrokerUnavailable` within 5 s
 * if there is no broker at the start.
 */
export const connectRabbitMq = async (
  {
    url,
    logger,
    namespace,
  }: { readonly url: string; readonly logger: MessagingLogger; readonly namespace?: string | undefined },
  { retryDelaysMs = defaultRetryDelaysMs }: Options = {},
): Promise<Transport> => {
  const scoped = scopedBy(namespace)
  const exchange = scoped(eventsExchange)
  // n.b. two connections: the broker stops reading from one that publishes too much, and acks must not wait behind it
  const publishing = await openConnection(url, 'publishing', logger)
  const { connection: consuming } = await openConnection(url, 'consuming', logger).catch(error => {
    publishing.connection.unsafeDestroy()
    throw error
  })
  const publisher = createConfirmedPublisher(publishing, { exchanges: [exchangeDeclaration(exchange)] })
  const consumers = new Set<Running>()
  const queues = new Set<string>()
  const isUsable = () => publishing.connection.ready && consuming.ready && !publishing.isBlocked()
  const watching = watchQueues(consuming, { queues, retryDelaysMs, isUsable })
  const keep = (consumer: Running): Running => {
    consumers.add(consumer)
    return {
      stop: async () => {
        consumers.delete(consumer)
        await consumer.stop()
      },
    }
  }

  return {
    broker: { isUsable },
    publish: async (envelope, queues) => {
      const { id, type } = envelope
      if (queues === undefined) {
        const sent = await publisher.send({ exchange, routingKey: type, messageId: id, type }, envelope)
        if (sent === 'returned') throw new Unroutable(envelope)
      }
      for (const queue of queues ?? []) {
        const sent = await publisher.send(
          { exchange, routingKey: scoped(queue), messageId: id, type },
          envelope,
        )
        if (sent === 'returned') throw new Unroutable(envelope, scoped(queue))
      }
    },
    consume: async ({ queue, ...rest }) => {
      const subscription = { ...rest, queue: scoped(queue) }
      const consumer = await startRabbitMqConsumer({
        consuming,
        publishing,
        exchange,
        retryDelaysMs,
        logger,
        subscription,
      })
      queues.add(subscription.queue)
      return keep(consumer)
    },
    listen: async listening => keep(await startRabbitMqListener({ consuming, exchange, logger, listening })),
    stop: async () => {
      await watching.stop()
      await Promise.allSettled([...consumers].map(consumer => consumer.stop()))
      await closeInTime(publisher)
      await Promise.all([consuming, publishing.connection].map(closeConnection))
    },
  }
}
