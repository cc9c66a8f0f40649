import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { MessagingLogger } from '../transport.ts'
import { closeConnection } from './client.ts'
import { openConnection } from './connection.ts'
import { findQueue } from './declare-queue.ts'
import { startRabbitMqListener } from './listener.ts'
import { eventsExchange, scopedBy } from './topology.ts'

/**
 * Hands over each envelope that is published from now on, if its type is one that a queue on the broker takes; `types`
 * are these. Throws `BrokerUnavailable` within 5 s if there is no broker.
 */
export const followRabbitMq = async ({
  url,
  namespace,
  queues,
  handle,
  logger,
}: {
  readonly url: string
  readonly namespace?: string | undefined
  readonly queues: readonly { readonly queue: string; readonly types: readonly string[] }[]
  readonly handle: (envelope: unknown) => void
  readonly logger: MessagingLogger
}): Promise<Running & { readonly types: readonly string[] }> => {
  const scoped = scopedBy(namespace)
  const { connection } = await openConnection(url, 'following events', logger)
  try {
    const types = new Set<string>()
    // n.b. only the types that other queues take: the queue that listens makes the broker accept an event that no consumer
    // takes, and its publisher would count the event as delivered
    for (const { queue, types: taken } of queues) {
      if (await findQueue(connection, scoped(queue))) for (const type of taken) types.add(type)
    }
    const listening = { types: [...types], handle }
    const listener = await startRabbitMqListener({
      consuming: connection,
      exchange: scoped(eventsExchange),
      logger,
      listening,
    })
    return {
      types: listening.types,
      stop: async () => {
        await listener.stop()
        await closeConnection(connection)
      },
    }
  } catch (error) {
    await closeConnection(connection)
    throw error
  }
}
