import { setTimeout } from 'node:timers/promises'
import { within } from '@supergraph/runtime/deadline.ts'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import { type AsyncMessage, type Connection, ConsumerStatus } from 'rabbitmq-client'
import { type MessagingLogger, type Outcome, postponeDelayMs, type Subscription } from '../transport.ts'
import type { BrokerConnection } from './connection.ts'
import { type FailureHeaders, failureHeaders } from './failure.ts'
import { closeWithin, createConfirmedPublisher } from './publisher.ts'
import {
  bindings,
  deadQueueOf,
  exchangeDeclaration,
  queueDeclaration,
  retryQueueOf,
  sideQueueDeclarations,
} from './topology.ts'

/** What a consumer on RabbitMQ needs; retries and dead letters go out over the publishing connection. */
export type RabbitMqConsumerOptions = {
  readonly consuming: Connection
  readonly publishing: BrokerConnection
  readonly exchange: string
  readonly retryDelaysMs: readonly number[]
  readonly logger: MessagingLogger
  readonly subscription: Subscription
}

const readyTimeoutMs = 10_000
const closeTimeoutMs = 1_000
const requeuePauseMs = 1_000
// n.b. all headers must fit into one AMQP frame
const maxErrorCharacters = 1_000

/** Declares the queue, its bindings and the queues beside it, and consumes until stopped; survives lost connections. */
export const startRabbitMqConsumer = async (
  options: RabbitMqConsumerOptions,
): Promise<{ stop(): Promise<void> }> => {
  const { consuming, exchange, retryDelaysMs, logger, subscription } = options
  const { queue, types, concurrency } = subscription
  const sideQueues = sideQueueDeclarations(queue, retryDelaysMs)
  for (const declaration of sideQueues) await consuming.queueDeclare(declaration)
  const publisher = createConfirmedPublisher(options.publishing, { queues: sideQueues })
  const stopping = new AbortController()

  const move = async (
    { messageId, type, contentType, body }: AsyncMessage,
    target: string,
    headers: FailureHeaders,
  ): Promise<ConsumerStatus> => {
    try {
      const sent = await publisher.send(
        { routingKey: target, messageId, type, contentType, headers: { ...headers } },
        body,
      )
      if (sent === 'returned')
        throw new Error(`The queue ${target} is gone: restart the consumer, which declares it.`)
      return ConsumerStatus.ACK
    } catch (error) {
      logger.error(
        { queue, target, err: error },
        'a failed message could not be moved; it goes back to its queue',
      )
      await setTimeout(requeuePauseMs)
      return ConsumerStatus.REQUEUE
    }
  }

  const settle = async (message: AsyncMessage): Promise<ConsumerStatus> => {
    const before = failureHeaders.parse(message.headers ?? {})
    const attempt = before['x-attempts'] + 1
    const outcome = await deliver(subscription, message.body, attempt)
    if (outcome.kind === 'ack') return ConsumerStatus.ACK
    if (outcome.kind === 'postpone') {
      // n.b. paused in its slot, or the whole queue would go round and round; then sent anew, since a requeue counts
      await setTimeout(postponeDelayMs(retryDelaysMs), undefined, { signal: stopping.signal }).catch(() => {})
      return move(message, queue, before)
    }
    const delayMs = outcome.kind === 'retry' ? retryDelaysMs[attempt - 1] : undefined
    const target = delayMs === undefined ? deadQueueOf(queue) : retryQueueOf(queue, delayMs)
    const now = new Date().toISOString()
    const status = await move(message, target, {
      'x-attempts': attempt,
      'x-error': messageOf(outcome.error).slice(0, maxErrorCharacters),
      'x-first-failed-at': before['x-first-failed-at'] ?? now,
      'x-last-failed-at': now,
    })
    if (delayMs === undefined && status === ConsumerStatus.ACK)
      logger.error({ queue, messageId: message.messageId, attempt, err: outcome.error }, 'event given up on')
    return status
  }

  const consumer = consuming.createConsumer(
    {
      queue,
      concurrency,
      qos: { prefetchCount: concurrency * 2 },
      queueOptions: queueDeclaration(queue),
      exchanges: [exchangeDeclaration(exchange)],
      queueBindings: bindings(exchange, queue, types),
    },
    settle,
  )
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>()
  consumer.once('ready', resolve)
  consumer.on('error', (error: unknown) => {
    reject(error)
    logger.warn({ queue, err: error }, 'consumer interrupted; it starts again by itself')
  })
  try {
    await within(readyTimeoutMs, ready, () => {
      throw new Error(`The queue ${queue} did not start within ${readyTimeoutMs / 1_000} s.`)
    })
  } catch (error) {
    await consumer.close().catch(() => undefined)
    throw error
  }
  return {
    stop: async () => {
      stopping.abort()
      // n.b. without a connection close() waits for one
      if (consuming.ready) await consumer.close()
      else await closeWithin(closeTimeoutMs, consumer)
      await closeWithin(closeTimeoutMs, publisher)
    },
  }
}

const deliver = async (subscription: Subscription, body: unknown, attempt: number): Promise<Outcome> => {
  try {
    return await subscription.deliver(body, attempt)
  } catch (error) {
    return { kind: 'retry', error }
  }
}
