import { randomBytes } from 'node:crypto'
import { Connection } from 'rabbitmq-client'
import type { Envelope } from '../envelope.ts'
import { deadQueueOf, retryQueuesOf } from '../rabbitmq/topology.ts'
import { defaultRetryDelaysMs, StillBeingHandled, type Transport } from '../transport.ts'

/** The URL of the RabbitMQ that tests may use, as `global-setup.ts` found it; undefined if there is none. */
export const brokerUrl = (): string | undefined => process.env.TEST_RABBITMQ_URL || undefined

/** Publishes; if the transport is in-process, waits for its consumers however long they take. */
export const publishUntilHandled = async (transport: Transport, envelope: Envelope): Promise<void> => {
  for (;;) {
    try {
      return await transport.publish(envelope)
    } catch (error) {
      if (!(error instanceof StillBeingHandled)) throw error
    }
  }
}

/** A namespace of its own on a broker; `drop` deletes its exchange and what belongs to the queues. */
export const createTestNamespace = (
  url: string,
  queues: readonly string[],
  retryDelaysMs: readonly number[] = defaultRetryDelaysMs,
): { readonly namespace: string; drop(): Promise<void> } => {
  const namespace = `test.${randomBytes(6).toString('hex')}`
  return {
    namespace,
    drop: async () => {
      const connection = new Connection(url)
      for (const queue of queues.map(name => `${namespace}.${name}`)) {
        for (const name of [queue, deadQueueOf(queue), ...retryQueuesOf(queue, retryDelaysMs)]) {
          await connection.queueDelete(name)
        }
      }
      await connection.exchangeDelete({ exchange: `${namespace}.supergraph.events` })
      await connection.close()
    },
  }
}
