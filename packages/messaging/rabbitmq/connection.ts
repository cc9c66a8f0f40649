import { codeOf } from '@supergraph/runtime/error-text.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { Connection } from 'rabbitmq-client'
import type { MessagingLogger } from '../transport.ts'

/** RabbitMQ can't be used; the message names its host and port (never the password) and says what to do. */
export class BrokerUnavailable extends ExpectedError {
  override readonly name = 'BrokerUnavailable'
}

/** A connection to RabbitMQ; while `isBlocked`, the broker takes no messages. */
export type BrokerConnection = { readonly connection: Connection; isBlocked(): boolean }

const connectTimeoutMs = 4_500

/**
 * Opens one connection, which from then on reconnects by itself; throws `BrokerUnavailable` within 5 s if the first
 * attempt fails.
 */
export const openConnection = async (
  url: string,
  connectionName: string,
  logger: MessagingLogger,
  /** Whether each method is sent at once; more messages a second go out if several are sent together. */
  { noDelay = false }: { readonly noDelay?: boolean } = {},
): Promise<BrokerConnection> => {
  const address = brokerAddress(url)
  const connection = new Connection({
    url,
    connectionName,
    acquireTimeout: 10_000,
    connectionTimeout: connectTimeoutMs,
    heartbeat: 20,
    retryLow: 200,
    retryHigh: 5_000,
    noDelay,
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(() => reject(new Error('no answer')), connectTimeoutMs)
  connection.once('connection', resolve)
  connection.once('error', reject)
  try {
    await promise
  } catch (error) {
    connection.on('error', () => undefined)
    connection.unsafeDestroy()
    throw new BrokerUnavailable(explain(address, error), { cause: error })
  } finally {
    clearTimeout(timer)
    connection.off('error', reject)
  }
  connection.on('error', (error: unknown) =>
    logger.warn({ err: error, broker: address }, 'connection to RabbitMQ lost; reconnecting'),
  )
  let blocked = false
  connection.on('connection', () => {
    blocked = false
    logger.info({ broker: address }, 'connected to RabbitMQ again')
  })
  connection.on('connection.blocked', reason => {
    blocked = true
    logger.warn({ reason, broker: address }, 'RabbitMQ takes no messages for now')
  })
  connection.on('connection.unblocked', () => {
    blocked = false
    logger.info({ broker: address }, 'RabbitMQ takes messages again')
  })
  return { connection, isBlocked: () => blocked }
}

/** `host:port` of an amqp:// or amqps:// URL; throws `BrokerUnavailable` on anything else. */
export const brokerAddress = (url: string): string => {
  // n.b. the parser's own error carries the whole URL, password included: it is no cause to pass on
  const parsed = URL.parse(url)
  if (parsed === null || !/^amqps?:$/.test(parsed.protocol) || parsed.hostname === '') {
    throw new BrokerUnavailable(
      'The RabbitMQ URL is unreadable: write RABBITMQ_URL as amqp://user:password@host:port.',
    )
  }
  return `${parsed.hostname}:${parsed.port || (parsed.protocol === 'amqps:' ? '5671' : '5672')}`
}

const explain = (address: string, error: unknown): string => {
  const code = codeOf(error) || 'no answer'
  return code === 'ACCESS_REFUSED' || code === 'NOT_ALLOWED'
    ? `RabbitMQ at ${address} refuses this user, password or virtual host (${code}): correct RABBITMQ_URL.`
    : `RabbitMQ at ${address} can't be reached (${code}): start it, or correct RABBITMQ_URL.`
}
