import { deadQueueOf, retryQueuesOf } from '@supergraph/messaging/rabbitmq/topology.ts'
import { type PrivateBrokerOptions, startPrivateBroker } from '@supergraph/messaging/tests/private-broker.ts'
import { createTestNamespace } from '@supergraph/messaging/tests/test-namespace.ts'
import { defaultRetryDelaysMs } from '@supergraph/messaging/transport.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { Connection } from 'rabbitmq-client'
import { consumerQueues } from '../queues.ts'

/** A broker that may be killed. */
export type Broker = {
  readonly url: string
  /** Ends it as kill -9 does. */
  readonly kill: () => Promise<void>
  /** Resolves when the queues that are declared now outlive `kill`. */
  readonly keepQueues: () => Promise<void>
  /** Ends it in order if it runs, and starts it again on its data. */
  readonly restart: () => Promise<void>
  /** Makes it refuse what publishers send, as it does when its memory runs out, until told otherwise. */
  readonly block: (isBlocked: boolean) => Promise<void>
  /** Does something on a connection of its own; the broker must be running. */
  readonly withConnection: <T>(work: (connection: Connection) => Promise<T>) => Promise<T>
}

/** Starts a broker, at an address of this machine if one is given; throws if RabbitMQ is not installed. */
export const startBroker = (address?: string, options?: PrivateBrokerOptions): Promise<Broker & Running> =>
  startAll(async use => {
    const broker = await startPrivateBroker(address, options)
    if (broker === undefined)
      throw new Error(
        'RabbitMQ is not installed here: install it (rabbitmq-server), so that one can be killed.',
      )
    const { url, kill, keepQueues, restart, block } = use(broker)
    return {
      url,
      kill,
      keepQueues,
      restart,
      block,
      withConnection: async work => {
        const connection = new Connection({ url, acquireTimeout: 10_000 })
        connection.on('error', () => {})
        try {
          return await work(connection)
        } finally {
          await connection.close()
        }
      },
    }
  })

/** A namespace on a shared broker for one system, as settings; `stop` deletes its queues, and also those named here. */
export const createBrokerNamespace = (
  url: string,
  moreQueues: readonly string[] = [],
): Running & {
  readonly settings: { readonly RABBITMQ_URL: string; readonly RABBITMQ_NAMESPACE: string }
  /** Whatever waits in the queues of the consumers, or lies there dead, as text. */
  readonly queuedText: () => Promise<string>
} => {
  const queues = [...consumerQueues.map(({ queue }) => queue), ...moreQueues]
  const { namespace, drop } = createTestNamespace(url, queues)
  const names = consumerQueues.flatMap(({ queue }) => {
    const scoped = `${namespace}.${queue}`
    return [scoped, deadQueueOf(scoped), ...retryQueuesOf(scoped, defaultRetryDelaysMs)]
  })
  return {
    settings: { RABBITMQ_URL: url, RABBITMQ_NAMESPACE: namespace },
    queuedText: () => readQueues(url, names),
    stop: drop,
  }
}

/** The messages of queues with their headers; they stay there. */
const readQueues = async (url: string, names: readonly string[]): Promise<string> => {
  const connection = new Connection({ url, acquireTimeout: 10_000 })
  connection.on('error', () => {})
  try {
    const channel = await connection.acquire()
    const messages: string[] = []
    for (const queue of names)
      for (;;) {
        const message = await channel.basicGet({ queue })
        if (message === undefined) break
        messages.push(JSON.stringify(message))
      }
    // n.b. what was not acknowledged goes back
    await channel.close()
    return messages.join('\n')
  } finally {
    await connection.close()
  }
}
