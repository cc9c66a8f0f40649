import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Connection } from 'rabbitmq-client'
import { hear } from '../listeners.ts'
import type { Listening, MessagingLogger } from '../transport.ts'
import { closeInTime, untilConsuming } from './client.ts'
import { exchangeDeclaration } from './topology.ts'

/** Binds a queue of its own to the event types and hears them until stopped; after a lost connection it gets a new queue. */
export const startRabbitMqListener = async ({
  consuming,
  exchange,
  logger,
  listening,
}: {
  readonly consuming: Connection
  readonly exchange: string
  readonly logger: MessagingLogger
  readonly listening: Listening
}): Promise<Running> => {
  const listener = consuming.createConsumer(
    {
      // n.b. the broker names the queue: under a name of ours it stays locked until the lost connection is given up
      queue: '',
      queueOptions: { exclusive: true, autoDelete: true },
      noAck: true,
      exchanges: [exchangeDeclaration(exchange)],
      queueBindings: listening.types.map(type => ({ exchange, routingKey: type })),
    },
    message => hear(listening, message.body, logger),
  )
  await untilConsuming(listener, 'Listening', error =>
    logger.warn({ types: listening.types, err: error }, 'listener interrupted; it starts again by itself'),
  )
  return {
    stop: async () => {
      await closeInTime(listener)
    },
  }
}
