import { setTimeout } from 'node:timers/promises'
import type { AsyncMessage, Connection, Envelope as MessageProperties } from 'rabbitmq-client'
import { createAcknowledgements } from './acknowledgements.ts'
import { closeInTime } from './client.ts'
import { declareQueue, findQueue } from './declare-queue.ts'
import type { createConfirmedPublisher } from './publisher.ts'
import { bindings, holdingQueueOf, keepingDeclaration, type QueueDeclaration, turnOf } from './topology.ts'

/** How long a queue must be empty before it is deleted, and how long to wait for others who hold messages of it. */
export type RenewalTimes = { readonly quietMs: number; readonly patienceMs: number }

const movedAtOnce = 500
const pollMs = 50
const pollsPerQuestion = 20
const mostTries = 3

/**
 * Gives queues other arguments while the system runs. RabbitMQ can't change a queue, and deletes a quorum queue whatever lies
 * in it. So another queue takes its place, gets what lies in it and what comes, and returns all of it to the new queue. Each
 * step may be the last one: done again from the start, it goes on from what stands. The caller has the queue's turn.
 */
export const createRenewal = (
  {
    connection,
    publisher,
    exchange,
  }: {
    /** A connection that ends once it is lost, and the turn with it. */
    readonly connection: Connection
    readonly publisher: Pick<ReturnType<typeof createConfirmedPublisher>, 'send'>
    readonly exchange: string
  },
  { quietMs, patienceMs }: RenewalTimes,
) => {
  const send = async (message: AsyncMessage, to: MessageProperties): Promise<void> => {
    // n.b. without the expiration of a message that waited: it would expire where it is moved to
    const {
      consumerTag,
      deliveryTag,
      redelivered,
      exchange: _,
      routingKey,
      expiration,
      body,
      ...properties
    } = message
    const sent = await publisher.send({ ...properties, ...to }, body)
    if (sent === 'returned') throw new Error(`There is no queue ${to.routingKey}.`)
  }

  /**
   * Moves what lies in a queue and what still comes; once little is left, lets `turnOff` see to it that no more comes. Deletes the
   * queue when it has been empty for a while and nobody else holds a message of it.
   */
  const drain = async (
    from: string,
    to: MessageProperties,
    turnOff: () => Promise<void> = async () => {},
  ): Promise<void> => {
    const channel = await connection.acquire({ emitErrorsFromChannel: true })
    const { expect, ack } = createAcknowledgements(channel)
    const moving = new Set<Promise<void>>()
    const failures: unknown[] = []
    channel.on('error', (error: unknown) => failures.push(error))
    let emptySinceMs = Number.POSITIVE_INFINITY
    const take = (message: AsyncMessage) => {
      emptySinceMs = Number.POSITIVE_INFINITY
      const { deliveryTag } = message
      expect(deliveryTag)
      const moved = send(message, to)
        .then(() => ack(deliveryTag))
        .catch((error: unknown) => void failures.push(error))
        .finally(() => moving.delete(moved))
      moving.add(moved)
    }
    try {
      await channel.basicQos({ prefetchCount: movedAtOnce })
      // n.b. one consumer to the end: RabbitMQ mixes up what a consumer of many messages gives back
      await channel.basicConsume({ queue: from }, take)
      let givesUpAtMs: number | undefined
      for (;;) {
        if (failures.length > 0) throw failures[0]
        const { messageCount = 0, consumerCount = 0 } = await channel.queueDeclare({
          queue: from,
          passive: true,
        })
        if (givesUpAtMs === undefined && messageCount <= movedAtOnce) {
          await turnOff()
          givesUpAtMs = performance.now() + patienceMs
          continue
        }
        const now = performance.now()
        // n.b. RabbitMQ counts none of either if a queue does not answer in time: so our own consumer must be counted.
        // It counts those that have cancelled and not answered yet, too, and who holds messages of basic.get.
        const isEmpty = messageCount === 0 && consumerCount === 1 && moving.size === 0
        emptySinceMs = isEmpty ? Math.min(emptySinceMs, now) : Number.POSITIVE_INFINITY
        // n.b. what was routed before it was turned off, or sent to our consumer, may still be on its way
        if (now - emptySinceMs >= quietMs) break
        if (givesUpAtMs !== undefined && now > givesUpAtMs)
          throw new Error(
            consumerCount > 1
              ? `${consumerCount - 1} others take messages from ${from}, or hold some.`
              : `Messages keep coming to ${from}.`,
          )
        await setTimeout(pollMs)
      }
      await channel.queueDelete({ queue: from })
      // n.b. a message may have come with the last answer
      await Promise.all(moving)
      if (failures.length > 0) throw failures[0]
    } finally {
      await closeInTime(channel)
    }
  }

  const bind = async (queue: string, keys: readonly string[]): Promise<void> => {
    for (const binding of bindings(exchange, queue, keys)) await connection.queueBind(binding)
  }

  // n.b. both are bound for a moment, so that no event is routed to neither; inboxes know what comes twice
  const rebind = async (from: string, to: string, keys: readonly string[]): Promise<void> => {
    await bind(to, keys)
    for (const binding of bindings(exchange, from, keys)) await connection.queueUnbind(binding)
  }

  return {
    bind,

    /** Asks all consumers of a queue to let go of it, until they have; throws if some don't. */
    untilAlone: async (queue: string): Promise<void> => {
      const channel = await connection.acquire({ emitErrorsFromChannel: true })
      channel.on('error', () => {})
      try {
        // n.b. as in `drain`, our own consumer must be counted; what it is given goes back with its channel
        await channel.basicQos({ prefetchCount: 1 })
        await channel.basicConsume({ queue }, () => {})
        const givesUpAtMs = performance.now() + patienceMs
        for (let polls = 0; ; polls += 1) {
          if (polls % pollsPerQuestion === 0)
            await publisher.send({ exchange, routingKey: turnOf(queue) }, '')
          const { consumerCount = 0 } = await channel.queueDeclare({ queue, passive: true })
          if (consumerCount === 1) return
          if (performance.now() > givesUpAtMs)
            throw new Error(
              `${Math.max(consumerCount - 1, 0)} consumers did not let go of ${queue}: those of a release that can't must be stopped.`,
            )
          await setTimeout(pollMs)
        }
      } finally {
        await closeInTime(channel)
      }
    },

    /** Deletes a queue in which messages wait; returns those that still do to the consumer's queue. */
    remove: (waiting: string, queue: string): Promise<void> =>
      drain(waiting, { exchange, routingKey: queue }),

    /** Gives a queue its arguments, and all that lies in it back; false if there was nothing to do. */
    replace: async (declaration: QueueDeclaration, keys: readonly string[]): Promise<boolean> => {
      const { queue } = declaration
      const holding = holdingQueueOf(queue)
      const stand = async (name: string) => (await findQueue(connection, name)) !== undefined
      if (!(await stand(queue)) && !(await stand(holding))) return false
      for (let tries = 0; ; tries += 1) {
        const difference = await declareQueue(connection, declaration)
        if (difference === undefined) break
        if (tries === mostTries)
          throw new Error(
            `Others declare ${queue} again as it was (${difference}): end the processes of the other release first.`,
          )
        await declareQueue(connection, keepingDeclaration(holding))
        await drain(queue, { routingKey: holding }, () => rebind(queue, holding, keys))
      }
      if (!(await stand(holding))) return false
      await drain(holding, { routingKey: queue }, () => rebind(holding, queue, keys))
      return true
    },
  }
}
