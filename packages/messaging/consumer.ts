import { isUnavailable } from '@supergraph/postgres/connection.ts'
import { affected } from '@supergraph/postgres/statements.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { runInTrace } from '@supergraph/runtime/trace-context.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { z } from 'zod'
import type { Envelope, EventType } from './envelope.ts'
import { createLanes } from './lanes.ts'
import { pruneInbox, startPruning } from './outbox/prune.ts'
import type { MessagingLogger, Outcome, Transport } from './transport.ts'

/** The envelope of an event type, or of a union of them (then discriminated by `type`). */
export type EnvelopeOf<Event extends EventType> = Event extends EventType ? ReturnType<Event['parse']> : never

/** A durable queue, named `<service>.on-<event>`, and the events that it takes. */
export type ConsumerQueue = { readonly queue: string; readonly events: readonly EventType[] }

/** What all consumers of a service share. */
export type ConsumerDependencies = {
  readonly database: DataSource
  readonly transport: Transport
  readonly logger: MessagingLogger
}

/** What a consumer needs; `queue` is named `<service>.on-<event>`. */
export type ConsumerOptions<Event extends EventType> = ConsumerDependencies & {
  readonly queue: string
  readonly events: readonly Event[]
  /**
   * Takes effect once per event, in the transaction that records the event as handled, and in the event's trace. If it
   * throws, the event comes again later, up to the last attempt. A failure of the database itself is no attempt.
   */
  handle(manager: EntityManager, envelope: EnvelopeOf<Event>): Promise<void>
}

const concurrency = 8

/**
 * Handles the events of a queue. Each takes effect once; those of one aggregate are handled one after the other, as they
 * arrive. A message that is none of these events is dead-lettered at once. `stop` waits for the deliveries in flight.
 */
export const startConsumer = async <Event extends EventType>(
  options: ConsumerOptions<Event>,
): Promise<Running> => {
  const { database, transport, queue, events, logger } = options
  const lanes = createLanes()
  const inFlight = new Set<Promise<Outcome>>()

  const handle = async (envelope: EnvelopeOf<Event>): Promise<Outcome> => {
    try {
      await database.transaction(async manager => {
        const isFirst = await recordInInbox(manager, queue, envelope.id)
        if (isFirst) await options.handle(manager, envelope)
      })
      return { kind: 'ack' }
    } catch (error) {
      return { kind: isUnavailable(error) ? 'postpone' : 'retry', error }
    }
  }

  // n.b. nothing is awaited before the lane is entered: the order of the calls is the order of the aggregate's events.
  const deliver = (message: unknown, attempt: number): Promise<Outcome> => {
    let envelope: EnvelopeOf<Event>
    try {
      envelope = parse(events, message)
    } catch (error) {
      logger.error({ queue, err: error }, 'not an event of this queue; dead-lettered')
      return Promise.resolve({ kind: 'deadLetter', error })
    }
    const delivery = lanes.run(envelope.subject, () =>
      runInTrace(envelope.traceparent, () => handle(envelope)),
    )
    inFlight.add(delivery)
    return delivery
      .then(outcome => {
        if (outcome.kind !== 'ack') {
          logger.warn(
            { queue, eventId: envelope.id, type: envelope.type, attempt, err: outcome.error },
            outcome.kind === 'postpone' ? 'event postponed: the database fails' : 'event not handled',
          )
        }
        return outcome
      })
      .finally(() => inFlight.delete(delivery))
  }

  const subscription = await transport.consume({
    queue,
    types: events.map(event => event.type),
    concurrency,
    deliver,
  })
  const pruning = startPruning(() => pruneInbox(database, queue), logger)
  return {
    stop: async () => {
      await subscription.stop()
      await Promise.allSettled(inFlight)
      await pruning.stop()
    },
  }
}

/** Records the message as handled by the queue; false if it was already. Rolls back with the caller's transaction. */
export const recordInInbox = async (
  manager: EntityManager,
  queue: string,
  messageId: string,
): Promise<boolean> => {
  // n.b. a second delivery that arrives at the same time waits here until the first one commits or rolls back
  const inserted = await affected(
    manager,
    'insert into inbox (queue, message_id) values ($1, $2) on conflict do nothing',
    [queue, messageId],
  )
  return inserted === 1
}

const typed = z.object({ type: z.string() })

const parse = <Event extends EventType>(events: readonly Event[], message: unknown): EnvelopeOf<Event> => {
  const { type } = typed.parse(message)
  const envelope = events.find(event => event.type === type)?.parse(message)
  if (envelope !== undefined && isOneOf(events, envelope)) return envelope
  throw new Error(`This queue takes no event of type ${type}.`)
}

const isOneOf = <Event extends EventType>(
  events: readonly Event[],
  envelope: Envelope,
): envelope is EnvelopeOf<Event> => events.some(event => event.type === envelope.type)
