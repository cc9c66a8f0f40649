import { randomUUID } from 'node:crypto'
import { openDatabase } from '@supergraph/postgres/data-source.ts'
import { createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import type { EntityManager, MigrationInterface, QueryRunner } from 'typeorm'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import { type ConsumerOptions, startConsumer } from '../consumer.ts'
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
export const patienceMs = 15_000

const counted = defineEvent({ type: 'counter.raised', source: 'test', data: z.object({ by: z.int() }) })

/** An event of the suites. */
export type Counted = ReturnType<typeof counted.parse>

class CreateEffects1700000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'create table effect (position bigint generated always as identity, message_id uuid not null)',
    )
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table effect')
  }
}

/** The effect of an event: a row. */
export const record = async (manager: EntityManager, envelope: Envelope): Promise<void> => {
  await manager.query('insert into effect (message_id) values ($1)', [envelope.id])
}

/** A service that publishes and consumes over the transport, with a database of its own. */
export const createWorld = async (connect: () => Promise<TransportUnderTest>) => {
  const database = await createTestDatabase()
  onTestFinished(() => database.drop())
  const migrations = [CreateMessaging1700000000000, CreateEffects1700000000001]
  const open = async (service: string) => {
    const dataSource = await openDatabase({ service, url: database.url, tables: [], migrations })
    onTestFinished(() => dataSource.destroy())
    return dataSource
  }
  const dataSource = await open('test')
  const relaying = await open('relay')
  const { transport, queue, openDeadLetters } = await connect()
  onTestFinished(() => transport.stop())
  const deadLetters = await openDeadLetters(database.url)
  onTestFinished(() => deadLetters.stop())

  const outcomes: string[] = []
  const complaints: string[] = []
  const complain = (_: object, message: string) => void complaints.push(message)
  const observed: Transport = {
    ...transport,
    consume: subscription =>
      transport.consume({
        ...subscription,
        deliver: async (envelope, attempt) => {
          const outcome = await subscription.deliver(envelope, attempt)
          outcomes.push(outcome.kind)
          return outcome
        },
      }),
  }

  return {
    dataSource,
    databaseUrl: database.url,
    transport: observed,
    queue,
    deadLetters,
    openDeadLetters: () => openDeadLetters(database.url),
    /** How the deliveries ended so far. */
    outcomes,
    /** What the relays warned of. */
    complaints,
    event: (subject: string, version: number) =>
      counted.create({ id: randomUUID(), subject, version, occurredAt: new Date(), data: { by: 1 } }),
    publish: (events: readonly Envelope[]) =>
      dataSource.transaction(manager => appendToOutbox(manager, events)),
    consume: async (options: Partial<Pick<ConsumerOptions<typeof counted>, 'handle' | 'queue'>> = {}) => {
      const consumer = await startConsumer({
        dataSource,
        transport: observed,
        queue: options.queue ?? queue,
        event: counted,
        handle: options.handle ?? record,
        logger: silent,
      })
      onTestFinished(() => consumer.stop())
      return consumer
    },
    relay: async (through: Transport = observed) => {
      const relay = await startRelay({
        dataSource: relaying,
        databaseUrl: database.url,
        transport: through,
        logger: { info: () => {}, warn: complain, error: complain },
        pollMs: 1_000,
      })
      onTestFinished(() => relay.stop())
      return relay
    },
    /** Ends the relays' database sessions in the middle of whatever they do, as a kill would. */
    cutOffRelays: () =>
      dataSource.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where application_name = 'relay' and datname = current_database() and usename = current_user`,
      ),
    effects: async (): Promise<string[]> => {
      const rows: { message_id: string }[] = await dataSource.query(
        'select message_id from effect order by position',
      )
      return rows.map(row => row.message_id)
    },
    /** The events of the outbox that are neither published nor parked. */
    pending: (): Promise<unknown[]> =>
      dataSource.query(
        'select message_id, last_error from outbox where published_at is null and dead_at is null',
      ),
  }
}
