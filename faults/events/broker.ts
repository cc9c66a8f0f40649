import { startPrivateBroker } from '@supergraph/messaging/tests/private-broker.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { Connection } from 'rabbitmq-client'

/** The broker of a system under fire. */
export type Broker = {
  readonly url: string
  /** Ends it as kill -9 does. */
  readonly kill: () => Promise<void>
  /** Starts it again on its data, after ending it in order where it runs. */
  readonly restart: () => Promise<void>
  /** Does something on a connection of its own, for which the broker must be there. */
  readonly withConnection: <T>(work: (connection: Connection) => Promise<T>) => Promise<T>
}

/** Starts a broker that a suite may kill; throws where RabbitMQ is not installed. */
export const startBroker = (): Promise<Broker & Running> =>
  startAll(async use => {
    const broker = await startPrivateBroker()
    if (broker === undefined)
      throw new Error(
        'RabbitMQ is not installed here: install it (rabbitmq-server), so that one can be killed.',
      )
    use(broker)
    return {
      url: broker.url,
      kill: broker.kill,
      restart: broker.restart,
      withConnection: async work => {
        const connection = new Connection({ url: broker.url, acquireTimeout: 10_000 })
        connection.on('error', () => {})
        try {
          return await work(connection)
        } finally {
          await connection.close()
        }
      },
    }
  })
