import { randomUUID } from 'node:crypto'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { within } from '@supergraph/runtime/deadline.ts'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { runInTrace, traceHeader } from '@supergraph/runtime/trace-context.ts'
import type { AsyncMessage, Channel, Connection, Envelope as MessageProperties } from 'rabbitmq-client'
import { deliver, type MessagingLogger, postponeDelayMs, type Subscription } from '../transport.ts'
import { createAcknowledgements } from './acknowledgements.ts'
import { closeInTime } from './client.ts'
import type { BrokerConnection } from './connection.ts'
import { declareQueue, findQueue } from './declare-queue.ts'
import { startKeptChannel } from './kept-channel.ts'
import { createConfirmedPublisher } from './publisher.ts'
import {
  bindings,
  deadQueueOf,
  exchangeDeclaration,
  type FailureHeaders,
  failureHeaders,
  holdingQueueOf,
  keepingDeclaration,
  keysOf,
  queueDeclaration,
  retryDeclaration,
  retryQueueOf,
  retryQueuesOf,
  turnOf,
} from './topology.ts'
import { inTurn, TurnTaken } from './turn.ts'

const requeuePauseMs = 1_000
const turnRetryMs = 1_000
// n.b. whatever hangs for longer goes to another process then, and inboxes know what comes twice
const letGoWithinMs = 30_000
// n.b. all headers must fit into one AMQP frame
const maxErrorCharacters = 1_000

/**
 * Declares the queue, its bindings and the queues beside it, and consumes until stopped; survives lost connections. Whoever
 * renews the queue has its turn: the consumer finishes what it has, lets go, and comes back once the turn is free. Retries and
 * dead letters go out over the publishing connection.
 */
export const startRabbitMqConsumer = async ({
  consuming,
  publishing,
  exchange,
  retryDelaysMs,
  logger,
  subscription,
}: {
  readonly consuming: Connection
  readonly publishing: BrokerConnection
  readonly exchange: string
  readonly retryDelaysMs: readonly number[]
  readonly logger: MessagingLogger
  readonly subscription: Subscription
}): Promise<Running> => {
  const { queue, types, prefetch } = subscription
  const publisher = createConfirmedPublisher(publishing, {})
  const stopping = new AbortController()
  const handling = { subscription, exchange, publisher, retryDelaysMs, logger, stopping: stopping.signal }
  const inFlight = new Set<Promise<void>>()
  let cancel = async () => {}

  const finish = async () => {
    await closeInTime({ close: () => cancel() })
    await Promise.all(inFlight)
    // n.b. what was handled is acknowledged by an immediate that was set before
    await setImmediate()
  }

  const declareAll = async () => {
    for (const declaration of [
      keepingDeclaration(deadQueueOf(queue)),
      ...retryQueuesOf(queue, retryDelaysMs).map(name => retryDeclaration(exchange, queue, name)),
      queueDeclaration(queue),
    ]) {
      const difference = await declareQueue(consuming, declaration)
      if (difference !== undefined)
        logger.warn(
          { queue: declaration.queue, difference },
          'a queue stands with other arguments and is used as it is; npm run events -- queues --renew gives it the new ones, and keeps what lies in it',
        )
    }
    for (const held of [queue, deadQueueOf(queue)].map(holdingQueueOf)) {
      const found = await findQueue(consuming, held)
      if (found !== undefined)
        logger.error(
          { queue: held, messages: found.messages },
          'a renewal of a queue ended half-way, and events wait in the queue that stands in; npm run events -- queues --renew returns them',
        )
    }
  }

  const consume = async (channel: Channel): Promise<void> => {
    await declareAll()
    await channel.exchangeDeclare(exchangeDeclaration(exchange))
    for (const binding of bindings(exchange, queue, keysOf(queue, types))) await channel.queueBind(binding)
    await listenForTurn(channel)
    await channel.basicQos({ prefetchCount: prefetch })
    const { expect, ack, requeue } = createAcknowledgements(channel)
    const take = (message: AsyncMessage) => {
      if (stopping.signal.aborted) return
      const { deliveryTag } = message
      expect(deliveryTag)
      // n.b. what is logged of an event is then found by its trace
      const handled = runInTrace(Object(message.body)[traceHeader], () => handle(handling, message)).then(
        end => {
          if (end === 'handled') ack(deliveryTag)
          if (end === 'requeued') requeue(deliveryTag)
          inFlight.delete(handled)
        },
      )
      inFlight.add(handled)
    }
    const { consumerTag } = await channel.basicConsume({ queue }, take)
    cancel = async () => void (await channel.basicCancel(consumerTag))
  }

  const listenForTurn = async (channel: Channel): Promise<void> => {
    const asking = `${turnOf(queue)}.${randomUUID()}`
    await channel.queueDeclare({ queue: asking, exclusive: true, autoDelete: true })
    await channel.queueBind({ exchange, queue: asking, routingKey: turnOf(queue) })
    let isAsked = false
    await channel.basicConsume({ queue: asking, noAck: true }, async () => {
      if (isAsked) return
      isAsked = true
      logger.info(
        { queue },
        'the queue is being renewed; its consumer lets go of it, and comes back by itself',
      )
      await within(letGoWithinMs, finish(), () => {})
      await channel.close()
    })
  }

  const open = async (channel: Channel): Promise<void> => {
    try {
      const turn = { turn: turnOf(queue), waitMs: 0, taken: `The queue ${queue} is taken.` }
      await inTurn(consuming, turn, () => consume(channel))
    } catch (error) {
      if (!(error instanceof TurnTaken)) throw error
      // n.b. a process may also start meanwhile: that is no failure, and the closed channel is opened again; those who wait
      // for one turn come back at different moments
      void setTimeout(turnRetryMs * (0.5 + Math.random())).then(() => channel.close())
    }
  }

  const channel = await startKeptChannel({
    connection: consuming,
    what: `The queue ${queue}`,
    open,
    onInterruption: error =>
      logger.warn({ queue, err: error }, 'consumer interrupted; it starts again by itself'),
  })
  return {
    stop: async () => {
      stopping.abort()
      await finish()
      await channel.stop()
      await closeInTime(publisher)
    },
  }
}

type Handling = {
  readonly subscription: Subscription
  readonly exchange: string
  readonly publisher: ReturnType<typeof createConfirmedPublisher>
  readonly retryDelaysMs: readonly number[]
  readonly logger: MessagingLogger
  readonly stopping: AbortSignal
}

/** How a delivery ends; one that is left is delivered again once its channel is closed. */
type End = 'handled' | 'requeued' | 'left'

/** Delivers a message, and moves it to the queue where it has to wait or to the dead letters if it was not handled. */
const handle = async (handling: Handling, message: AsyncMessage): Promise<End> => {
  const { subscription, exchange, retryDelaysMs, logger, stopping } = handling
  const { queue } = subscription
  const before = failureHeaders.parse(message.headers ?? {})
  const attempt = before['x-attempts'] + 1
  const outcome = await deliver(subscription, message.body, attempt, message.redelivered)
  if (outcome.kind === 'ack') return 'handled'
  if (outcome.kind === 'postpone') {
    // n.b. it waits in its slot: requeued at once, the whole queue would go round and round
    await setTimeout(postponeDelayMs(retryDelaysMs), undefined, { signal: stopping }).catch(() => {})
    if (stopping.aborted) return 'left'
    // n.b. it is sent anew: a requeue would count towards the delivery limit
    return move(handling, message, { exchange, routingKey: queue }, before)
  }
  const delayMs = outcome.kind === 'retry' ? retryDelaysMs[attempt - 1] : undefined
  const target =
    delayMs === undefined
      ? { routingKey: deadQueueOf(queue) }
      : { routingKey: retryQueueOf(queue, attempt), expiration: String(delayMs) }
  const now = new Date().toISOString()
  const end = await move(handling, message, target, {
    'x-attempts': attempt,
    'x-error': messageOf(outcome.error).slice(0, maxErrorCharacters),
    'x-first-failed-at': before['x-first-failed-at'] ?? now,
    'x-last-failed-at': now,
  })
  if (delayMs === undefined && end === 'handled')
    logger.error({ queue, messageId: message.messageId, attempt, err: outcome.error }, 'event given up on')
  return end
}

/** Publishes the message to another queue and takes it out of its own; requeues it if that fails. */
const move = async (
  { subscription, publisher, logger }: Handling,
  { messageId, type, contentType, body }: AsyncMessage,
  target: MessageProperties & { readonly routingKey: string },
  headers: FailureHeaders,
): Promise<End> => {
  try {
    const sent = await publisher.send(
      { ...target, messageId, type, contentType, headers: { ...headers } },
      body,
    )
    if (sent === 'returned')
      throw new Error(`The queue ${target.routingKey} is gone: restart the consumer, which declares it.`)
    return 'handled'
  } catch (error) {
    logger.error(
      { queue: subscription.queue, target: target.routingKey, err: error },
      'a failed message could not be moved; it goes back to its queue',
    )
    await setTimeout(requeuePauseMs)
    return 'requeued'
  }
}
