import { isUnavailable } from '@supergraph/postgres/connection.ts'
import { rows } from '@supergraph/postgres/statements.ts'
import { codeOf } from '@supergraph/runtime/error-text.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { z } from 'zod'
import { type Batched, createBatches } from './batches.ts'
import type { Envelope, EventType } from './envelope.ts'
import { type Arrived, inProcessSpan } from './event-spans.ts'
import { createHideTexts, hideInError } from './hidden-texts.ts'
import { pruneInbox, startPruning } from './outbox/prune.ts'
import type { MessagingLogger, Outcome, Subscription, Transport } from './transport.ts'

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
   * Takes effect once per event, in the transaction that records these events as handled: those of one aggregate in
   * the order in which they arrived, and never the same event twice. Several calls may be under way at the same time, for
   * different aggregates. If it throws, nothing of the batch has happened, and each half of the batch is tried by
   * itself; an event that fails alone comes again later, up to the last attempt. A failure of the database itself is
   * no attempt.
   */
  handle(manager: EntityManager, envelopes: readonly EnvelopeOf<Event>[]): Promise<void>
}

const batchesAtOnce = 4
const eventsPerBatch = 100

/**
 * Handles the events of a queue, as many together as have arrived. Each takes effect once; those of one aggregate are
 * handled as they arrive. A message that is none of these events is dead-lettered at once. `stop` waits for the batches
 * under way.
 */
export const startConsumer = async <Event extends EventType>(
  options: ConsumerOptions<Event>,
): Promise<Running> => {
  const { database, transport, queue, events, logger } = options
  type OneEvent = EnvelopeOf<Event>
  /** The error as it may be kept and logged. */
  const tell = (error: unknown, messages: readonly unknown[]): unknown =>
    hideInError(error, createHideTexts(events, messages))

  const handleOnce = (batch: readonly OneEvent[]): Promise<void> =>
    database.transaction(async manager => {
      const envelopes = new Map(batch.map(envelope => [envelope.id.toLowerCase(), envelope]))
      const firsts = await recordInInbox(manager, queue, [...envelopes.keys()])
      const news = [...envelopes].filter(([id]) => firsts.has(id)).map(([, envelope]) => envelope)
      if (news.length > 0) await options.handle(manager, news)
    })

  const work = async (batch: readonly Batched<Arrived<OneEvent>, Outcome>[]): Promise<void> => {
    const arrived = batch.map(({ item }) => item)
    const settleAll = (outcome: Outcome) => {
      for (const { settle } of batch) settle(outcome)
    }
    try {
      await inProcessSpan(queue, arrived, handleOnce)
      settleAll({ kind: 'ack' })
    } catch (error) {
      if (batch.length === 1 || isOutage(error)) {
        const messages = arrived.map(({ event }) => event)
        return settleAll({ kind: isUnavailable(error) ? 'postpone' : 'retry', error: tell(error, messages) })
      }
      const middle = Math.ceil(batch.length / 2)
      await work(batch.slice(0, middle))
      await work(batch.slice(middle))
    }
  }
  const batches = createBatches({ atOnce: batchesAtOnce, size: eventsPerBatch, work })
  let isStopping = false

  // n.b. nothing is awaited before the event is added: the order of the calls is the order of the aggregate's events.
  const deliver: Subscription['deliver'] = async (message, attempt, isRedelivery) => {
    let envelope: OneEvent
    try {
      envelope = parse(events, message)
    } catch (failure) {
      const error = tell(readable(failure), [message])
      logger.error({ queue, err: error }, 'not an event of this queue; dead-lettered')
      return { kind: 'deadLetter', error }
    }
    // n.b. an event that may have ended the process takes no other event with it a second time
    const isAlone = attempt > 1 || isRedelivery
    const arrived = { event: envelope, arrivedAtMs: performance.now() }
    const outcome = await batches.add(arrived, { key: envelope.subject, isAlone })
    if (outcome.kind !== 'ack' && !isStopping) {
      logger.warn(
        { queue, eventId: envelope.id, type: envelope.type, attempt, err: outcome.error },
        outcome.kind === 'postpone' ? 'event postponed: the database fails' : 'event not handled',
      )
    }
    return outcome
  }

  const subscription = await transport.consume({
    queue,
    types: events.map(event => event.type),
    prefetch: batchesAtOnce * eventsPerBatch,
    deliver,
  })
  const pruning = startPruning(() => pruneInbox(database, queue), logger)
  return {
    stop: async () => {
      isStopping = true
      const left = batches.stop({ kind: 'postpone', error: new Error('The consumer is stopping.') })
      await Promise.all([subscription.stop(), left])
      await pruning.stop()
    },
  }
}

/**
 * Records the messages as handled by the queue, and returns the ids of those that were not yet, in lower case. Rolls back
 * with the caller's transaction.
 */
export const recordInInbox = async (
  manager: EntityManager,
  queue: string,
  messageIds: readonly string[],
): Promise<ReadonlySet<string>> => {
  // n.b. a second delivery that arrives at the same time waits here until the first one commits or rolls back; in the
  // order of the ids, so that two batches never wait for each other
  const firsts = await rows(
    manager,
    z.object({ messageId: z.string() }),
    `insert into inbox (queue, message_id)
     select $1, id from unnest($2::uuid[]) as id order by id
     on conflict do nothing
     returning message_id as "messageId"`,
    [queue, messageIds],
  )
  return new Set(firsts.map(({ messageId }) => messageId))
}

/** Whether the database fails whatever it is asked. If not, one event may hold up a whole batch: by a lock, or by its slowness. */
const isOutage = (error: unknown): boolean =>
  isUnavailable(error) && !['55P03', '57014'].includes(codeOf(error))

const typed = z.object({ type: z.string() })

const parse = <Event extends EventType>(events: readonly Event[], message: unknown): EnvelopeOf<Event> => {
  const { type } = typed.parse(message)
  const envelope = events.find(event => event.type === type)?.parse(message)
  if (envelope !== undefined && isOneOf(events, envelope)) return envelope
  throw new Error(`This queue takes no event of type ${type}.`)
}

/** n.b. a ZodError says it in JSON, which people would have to read in lists of dead letters. */
const readable = (failure: unknown): unknown =>
  failure instanceof z.ZodError
    ? new Error(failure.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '), {
        cause: failure,
      })
    : failure

const isOneOf = <Event extends EventType>(
  events: readonly Event[],
  envelope: Envelope,
): envelope is EnvelopeOf<Event> => events.some(event => event.type === envelope.type)
