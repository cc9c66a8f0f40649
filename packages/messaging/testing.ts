import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { Connection } from 'rabbitmq-client'
import { brokerAddress } from './rabbitmq-connection.ts'
import { deadQueueOf, retryQueueOf } from './rabbitmq-topology.ts'
import { defaultRetryDelaysMs } from './transport.ts'

const probeTimeoutMs = 1_000

/**
 * The URL of the RabbitMQ that tests may use (`RABBITMQ_URL`, else the local default), or undefined where nothing
 * listens there; in CI that is an error, since the tests would be skipped unseen.
 */
export const brokerUrl = async (): Promise<string | undefined> => {
  const url = process.env.RABBITMQ_URL ?? 'amqp://guest:guest@127.0.0.1:5672'
  const address = brokerAddress(url)
  if (await accepts(address)) return url
  if (process.env.CI === 'true') {
    throw new Error(
      `RabbitMQ at ${address} can't be reached: start it, or correct RABBITMQ_URL; in CI its tests must run.`,
    )
  }
  console.warn(`RabbitMQ at ${address} can't be reached: its tests are skipped.`)
  return undefined
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
        for (const name of [queue, deadQueueOf(queue), ...retryDelaysMs.map(ms => retryQueueOf(queue, ms))]) {
          await connection.queueDelete(name)
        }
      }
      await connection.exchangeDelete({ exchange: `${namespace}.supergraph.events` })
      await connection.close()
    },
  }
}

const accepts = async (address: string): Promise<boolean> => {
  const { hostname, port } = new URL(`tcp://${address}`)
  const socket = connect({ host: hostname, port: Number(port) })
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(probeTimeoutMs) })
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
