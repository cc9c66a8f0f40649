import { once } from 'node:events'
import { connect } from 'node:net'
import { brokerAddress } from '../rabbitmq/connection.ts'

const probeTimeoutMs = 1_000

/**
 * Looks once per vitest run for the RabbitMQ that tests may use (`RABBITMQ_URL`, else the local default). Without one
 * its tests are skipped, which one line says; in CI that is an error, since nobody would see it.
 */
export async function setup(): Promise<void> {
  // n.b. vitest calls this once per project that lists it
  if (process.env.TEST_RABBITMQ_URL !== undefined) return
  const url = process.env.RABBITMQ_URL || 'amqp://guest:guest@127.0.0.1:5672'
  const address = brokerAddress(url)
  const isThere = await accepts(address)
  process.env.TEST_RABBITMQ_URL = isThere ? url : ''
  if (isThere) return
  if (process.env.CI === 'true') {
    throw new Error(
      `RabbitMQ at ${address} can't be reached: start it, or correct RABBITMQ_URL; in CI its tests must run.`,
    )
  }
  console.warn(
    `Skipped: RabbitMQ at ${address} can't be reached, so its transport and one process per service go untested.`,
  )
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
