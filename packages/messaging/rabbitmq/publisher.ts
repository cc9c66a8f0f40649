import { setImmediate } from 'node:timers/promises'
import { within } from '@supergraph/runtime/deadline.ts'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import type { Envelope as MessageProperties, PublisherProps } from 'rabbitmq-client'
import { TransportUnavailable } from '../transport.ts'
import type { BrokerConnection } from './connection.ts'

const publishTimeoutMs = 10_000
const unreachableRetryMs = 1_000
const publicationHeader = 'x-publication'

/** Publishes persistent messages; resolves once the broker has confirmed that a queue has the message, or returned it. */
export const createConfirmedPublisher = (
  { connection, isBlocked }: BrokerConnection,
  topology: PublisherProps,
) => {
  const publisher = connection.createPublisher({ ...topology, confirm: true })
  /** Which of the publications under way were returned. */
  const returns = new Map<unknown, boolean>()
  let publications = 0
  publisher.on('basic.return', ({ headers }) => {
    const publication: unknown = headers?.[publicationHeader]
    // n.b. a return that comes after its publication was given up on is for nobody
    if (returns.has(publication)) returns.set(publication, true)
  })

  return {
    /** Throws `TransportUnavailable` if the broker is away, blocked or slow: the message may have arrived all the same. */
    send: async (properties: MessageProperties, body: unknown): Promise<'routed' | 'returned'> => {
      if (isBlocked())
        throw new TransportUnavailable(
          'RabbitMQ takes no messages for now (low on disk or memory).',
          unreachableRetryMs,
        )
      publications += 1
      const publication = publications
      const headers = { ...properties.headers, [publicationHeader]: publication }
      returns.set(publication, false)
      const sent = publisher.send({ ...properties, headers, durable: true, mandatory: true }, body)
      try {
        await within(publishTimeoutMs, sent, () => {
          throw new Error(`no confirm within ${publishTimeoutMs / 1_000} s`)
        })
        // n.b. an unroutable message is confirmed too; its return is emitted by an immediate that was set before
        await setImmediate()
        return returns.get(publication) ? 'returned' : 'routed'
      } catch (error) {
        throw new TransportUnavailable(
          `RabbitMQ did not confirm the message: ${messageOf(error)}`,
          unreachableRetryMs,
          { cause: error },
        )
      } finally {
        returns.delete(publication)
      }
    },
    close: (): Promise<void> => publisher.close(),
  }
}
