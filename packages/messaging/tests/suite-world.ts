import { randomUUID } from 'node:crypto'
import { openDatabase } from '@supergraph/postgres/data-source.ts'
import { rows } from '@supergraph/postgres/statements.ts'
import { createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import type { EntityManager, QueryRunner } from 'typeorm'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import { startConsumer } from '../consumer.ts'
import type { DeadLetters } from '../dead-letters.ts'
import { defineEvent, type Envelope } from '../envelope.ts'
import { CreateMessaging1700000000000 } from '../migration.ts'
import { appendToOutbox } from '../outbox/outbox.ts'
import { startRelay } from '../outbox/relay.ts'
import type { Transport } from '../transport.ts'

/** A transport under test, with a queue of its own on it; three attempts are made. */
export type TransportUnderTest = {
  readonly transport: Transport
  readonly queue: string
  /** Opens what was given up; the outbox is in the database of this URL. */
  readonly openDeadLetters: (databaseUrl: string) => Promise<DeadLetters>
}

/** Pauses short enough for a test. */
export const testRetryDelaysMs = [100, 200] as const

/** A logger that says nothing. */
export const silent = { info: () => {}, warn: () => {}, error: () => {} }

/** How long a test waits for what must come. */
export const patienceMs = 60_000

const counted = defineEvent({ type: 'counter.raised', source: 'test', data: z.object({ by: z.int() }) })

/** An event of the suites. */
export type Counted = ReturnType<typeof counted.parse>

/** An event without data, for a queue of its own. */
export const event = (): Envelope => ({
  specversion: '1.0',
  id: randomUUID(),
  source: 'test',
  type: 'counter.raised',
  subject: 'a',
  time: '2026-01-01T00:00:00.000Z',
  datacontenttype: 'application/json',
  version: 1,
  data: {},
})

class CreateEffects1700000000001 {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'create table effect (position bigint generated always as identity, message_id uuid not null)',
    )
  }
}

/** The effect of an event: a row. */
export const record = async (manager: EntityManager, envelope: Pick<Envelope, 'id'>): Promise<void> => {
  await manager.query('insert into effect (message_id) values ($1)', [envelope.id])
}

/** A service that publishes and consumes over the transport, with a database of its own. */
export const createWorld = async (connect: () => Promise<TransportUnderTest>) => {
  const { url: databaseUrl, drop } = await createTestDatabase()
  onTestFinished(drop)
  const migrations = [CreateMessaging1700000000000, CreateEffects1700000000001]
  const open = async (service: string) => {
    const database = await openDatabase({ service, url: databaseUrl, tables: [], migrations })
    onTestFinished(database.stop)
    return database
  }
  const database = await open('test')
  const relaying = await open('relay')
  const { transport, queue, openDeadLetters } = await connect()
  onTestFinished(() => transport.stop())
  const deadLetters = await openDeadLetters(databaseUrl)
  onTestFinished(() => deadLetters.stop())

  const outcomes: string[] = []
  const batches: (readonly string[])[] = []
  const complaints: string[] = []
  const complain = (_: object, message: string) => void complaints.push(message)
  const observed: Transport = {
    ...transport,
    consume: subscription =>
      transport.consume({
        ...subscription,
        deliver: async (...delivery) => {
          const outcome = await subscription.deliver(...delivery)
          outcomes.push(outcome.kind)
          return outcome
        },
      }),
  }

  return {
    database,
    databaseUrl,
    transport: observed,
    queue,
    deadLetters,
    openDeadLetters: () => openDeadLetters(databaseUrl),
    /** How the deliveries ended so far. */
    outcomes,
    /** The ids of the events that the handlers were called with. */
    batches,
    /** What the relays warned of. */
    complaints,
    event: (subject: string, version: number) =>
      counted.create({ id: randomUUID(), subject, version, occurredAt: new Date(), data: { by: 1 } }),
    publish: (events: readonly Envelope[]) =>
      database.transaction(manager => appendToOutbox(manager, events)),
    /** Consumes, one event after the other. */
    consume: async ({
      queue: from = queue,
      handle = record,
    }: {
      readonly queue?: string
      readonly handle?: (manager: EntityManager, envelope: Counted) => Promise<void>
    } = {}) => {
      const consumer = await startConsumer({
        database,
        transport: observed,
        queue: from,
        events: [counted],
        handle: async (manager, envelopes) => {
          batches.push(envelopes.map(({ id }) => id))
          for (const envelope of envelopes) await handle(manager, envelope)
        },
        logger: silent,
      })
      onTestFinished(() => consumer.stop())
      return consumer
    },
    relay: async (through: Transport = observed) => {
      const logger = { info: () => {}, warn: complain, error: complain }
      const relay = await startRelay(
        { database: relaying, databaseUrl, transport: through, logger },
        { pollMs: 1_000 },
      )
      onTestFinished(() => relay.stop())
      return relay
    },
    /** Ends the relays' database sessions in the middle of whatever they do, as a kill would. */
    cutOffRelays: () =>
      database.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where application_name = 'relay' and datname = current_database() and usename = current_user`,
      ),
    effects: async (): Promise<string[]> => {
      const shape = z.object({ message_id: z.string() })
      const effects = await rows(database, shape, 'select message_id from effect order by position')
      return effects.map(effect => effect.message_id)
    },
    /** The events of the outbox that are neither published nor parked. */
    pending: (): Promise<readonly unknown[]> =>
      rows(
        database,
        z.object({ message_id: z.string(), last_error: z.string().nullable() }),
        'select message_id, last_error from outbox where published_at is null and dead_at is null',
      ),
  }
}
