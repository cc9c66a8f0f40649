import { within } from '@supergraph/runtime/deadline.ts'
import type { Connection } from 'rabbitmq-client'
import { hear } from '../listeners.ts'
import type { Listening, MessagingLogger } from '../transport.ts'
import { closeWithin } from './publisher.ts'
import { exchangeDeclaration } from './topology.ts'

const readyTimeoutMs = 10_000
const closeTimeoutMs = 1_000

/** Binds a queue of its own to the event types and hears them until stopped; a lost connection gets a new queue. */
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
}): Promise<{ stop(): Promise<void> }> => {
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
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>()
  listener.once('ready', resolve)
  listener.on('error', (error: unknown) => {
    reject(error)
    logger.warn({ types: listening.types, err: error }, 'listener interrupted; it starts again by itself')
  })
  try {
    await within(readyTimeoutMs, ready, () => {
      throw new Error(`Listening did not start within ${readyTimeoutMs / 1_000} s.`)
    })
  } catch (error) {
    await closeWithin(closeTimeoutMs, listener)
    throw error
  }
  return {
    stop: async () => {
      await closeWithin(closeTimeoutMs, listener)
    },
  }
}
