import { codeOf } from '@supergraph/runtime/error-text.ts'
import type { Connection, SyncMessage } from 'rabbitmq-client'
import {
  type DeadLetter,
  type DeadLetters,
  isMeant,
  maxListed,
  type NamedDeadLetters,
  namesIn,
  oldestFirst,
} from '../dead-letters.ts'
import { createLanes } from '../lanes.ts'
import type { MessagingLogger } from '../transport.ts'
import { closeConnection, closeInTime } from './client.ts'
import { openConnection } from './connection.ts'
import { createConfirmedPublisher } from './publisher.ts'
import { deadQueueOf, eventsExchange, failureHeaders, scopedBy } from './topology.ts'
import { deadLettersTurn, inTurn } from './turn.ts'

/**
 * Opens the dead letters that lie in `<queue>.dead` of the consumers' queues, which are named without the namespace;
 * throws `BrokerUnavailable` within 5 s if there is no broker.
 */
export const openRabbitMqDeadLetters = async ({
  url,
  namespace,
  queues,
  logger,
}: {
  readonly url: string
  readonly namespace?: string | undefined
  readonly queues: readonly string[]
  readonly logger: MessagingLogger
}): Promise<DeadLetters> => {
  const scoped = scopedBy(namespace)
  const broker = await openConnection(url, 'dead letters', logger)
  const { connection } = broker
  const publisher = createConfirmedPublisher(broker, {})
  const lanes = createLanes()

  /** Visits the letters, each queue from its front, and removes those from the queue for which `visit` returns 'take'. */
  const visitAll = (visit: Visit): Promise<void> =>
    // n.b. a reader holds what it has read: a second one at the same time would miss that
    lanes.run('', () =>
      inTurn(connection, deadLettersTurn(scoped), async () => {
        for (const queue of queues) {
          await visitQueue(connection, deadQueueOf(scoped(queue)), (letter, message) =>
            visit({ ...letter, queue }, message),
          )
        }
      }),
    )

  const settle = async (
    named: NamedDeadLetters,
    work: (letter: DeadLetter, message: SyncMessage) => Promise<void>,
  ): Promise<readonly DeadLetter[]> => {
    const done: DeadLetter[] = []
    await visitAll(async (letter, message) => {
      if (!isMeant(letter, named)) return 'leave'
      await work(letter, message)
      done.push(letter)
      return 'take'
    })
    return oldestFirst(done)
  }

  return {
    list: async (filter = {}) => {
      const letters: DeadLetter[] = []
      const countOf = (queue: string) => letters.filter(letter => letter.queue === queue).length
      await visitAll(async letter => {
        if (isMeant(letter, filter)) letters.push(letter)
        return countOf(letter.queue) < maxListed ? 'leave' : 'end'
      })
      return oldestFirst(letters)
    },
    replay: named =>
      settle(named, async ({ queue }, { messageId, type, contentType, body }) => {
        const address = { exchange: scoped(eventsExchange), routingKey: scoped(queue) }
        const sent = await publisher.send({ ...address, messageId, type, contentType }, body)
        if (sent === 'returned')
          throw new Error(
            `No process of this release has opened the queue ${scoped(queue)}: start the service that consumes it.`,
          )
      }),
    drop: named => settle(named, async () => {}),
    stop: async () => {
      await closeInTime(publisher)
      await closeConnection(connection)
    },
  }
}

type Visit = (letter: DeadLetter, message: SyncMessage) => Promise<'leave' | 'take' | 'end'>

const visitQueue = async (connection: Connection, queue: string, visit: Visit): Promise<void> => {
  const channel = await connection.acquire()
  try {
    for (;;) {
      const message = await channel.basicGet({ queue })
      if (message === undefined) return
      const next = await visit(readLetter(queue, message), message)
      // n.b. not before the replayed message has been confirmed
      if (next === 'take') channel.basicAck({ deliveryTag: message.deliveryTag })
      if (next === 'end') return
    }
  } catch (error) {
    if (codeOf(error) !== 'NOT_FOUND') throw error
  } finally {
    // n.b. closing the channel returns what was read and not taken to the front of its queue, if it is much in any order
    await channel.close()
  }
}

const readLetter = (queue: string, message: SyncMessage): DeadLetter => {
  const failure = failureHeaders.parse(message.headers ?? {})
  const failedAt = failure['x-last-failed-at'] ?? new Date((message.timestamp ?? 0) * 1_000).toISOString()
  return {
    queue,
    messageId: message.messageId ?? '',
    ...namesIn(message.body),
    envelope: message.body,
    error: failure['x-error'] ?? 'Its consumer took it again and again without an answer.',
    attempts: failure['x-attempts'],
    firstFailedAt: new Date(failure['x-first-failed-at'] ?? failedAt),
    lastFailedAt: new Date(failedAt),
  }
}
