import { once } from 'node:events'
import { connect } from 'node:net'
import { brokerAddress } from '../rabbitmq/connection.ts'
import { canStartPrivateBroker, startPrivateBroker } from './private-broker.ts'

/** Begins AMQP 0-9-1: a broker answers it with the start of a handshake, at once. */
const protocolHeader = Buffer.from('AMQP\0\0\x09\x01', 'latin1')
const answersWithinMs = 5_000

/**
 * Finds once per vitest run the RabbitMQ that tests may use: the one at `RABBITMQ_URL`, else the one at the local
 * default, else one that is started for this run if RabbitMQ is installed. In CI the latter comes before the local one,
 * whose limits and whose other users nobody knows. Without one its tests are skipped, which one line says; in CI that is
 * an error, since nobody would see it.
 */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  // n.b. vitest calls this once per project that lists it
  if (process.env.TEST_RABBITMQ_URL !== undefined) return undefined
  const wanted = process.env.RABBITMQ_URL
  const url = wanted || 'amqp://guest:guest@127.0.0.1:5672'
  const address = brokerAddress(url)
  const isCi = process.env.CI === 'true'
  const prefersOwn = isCi && !wanted && canStartPrivateBroker
  const answers = !prefersOwn && (await isAnswered(url))
  const own = answers || wanted ? undefined : await startPrivateBroker()
  process.env.TEST_RABBITMQ_URL = answers ? url : (own?.url ?? '')
  if (own !== undefined) console.info('A RabbitMQ was started for this run.')
  if (answers || own !== undefined) return own?.stop
  if (isCi) {
    throw new Error(
      `RabbitMQ at ${address} can't be reached: start or install it, or correct RABBITMQ_URL; in CI its tests must run.`,
    )
  }
  console.warn(
    `Skipped: RabbitMQ at ${address} can't be reached, so its transport and one process per service go untested.`,
  )
  return undefined
}

const isAnswered = async (url: string): Promise<boolean> => {
  const { hostname, port } = new URL(`tcp://${brokerAddress(url)}`)
  const socket = connect({ host: hostname, port: Number(port) })
  try {
    socket.write(protocolHeader)
    // n.b. over TLS, only a client of TLS would be answered
    await once(socket, url.startsWith('amqps:') ? 'connect' : 'data', {
      signal: AbortSignal.timeout(answersWithinMs),
    })
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
