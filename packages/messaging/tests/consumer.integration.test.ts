import { randomUUID } from 'node:crypto'
import { openDatabase } from '@supergraph/postgres/data-source.ts'
import { createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { withoutData } from '@supergraph/runtime/logger.ts'
import type { EntityManager } from 'typeorm'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { startConsumer } from '../consumer.ts'
import { defineEvent } from '../envelope.ts'
import { CreateMessaging1700000000000 } from '../migration.ts'
import { sensitive } from '../sensitive.ts'
import type { MessagingLogger, Subscription, Transport } from '../transport.ts'
import { silent } from './suite-world.ts'

const raised = defineEvent({
  type: 'counter.raised',
  source: 'test',
  data: z.object({ name: sensitive(z.string()).optional() }),
})

it('handles what may have ended its process alone, and everything else together', async () => {
  const { deliver, batches } = await createConsumer()
  const outcomes = await Promise.all([
    deliver(event('a')),
    deliver(event('b'), { isRedelivery: true }),
    deliver(event('c'), { attempt: 2 }),
    deliver(event('d')),
  ])
  expect(outcomes.map(({ kind }) => kind)).toEqual(['ack', 'ack', 'ack', 'ack'])
  expect(batches.toSorted()).toEqual([['a', 'd'], ['b'], ['c']])
})

it('handles an event once that comes twice in a batch', async () => {
  const { deliver, batches } = await createConsumer()
  const one = event('a')
  const outcomes = await Promise.all([one, event('b'), one].map(given => deliver(given)))
  expect(outcomes.map(({ kind }) => kind)).toEqual(['ack', 'ack', 'ack'])
  expect(batches).toEqual([['a', 'b']])
})

it('postpones only the event that waits for a lock, and none that came with it', async () => {
  const { deliver, database } = await createConsumer(async (manager, subjects) => {
    await manager.query(`set local lock_timeout = '100ms'`)
    for (const subject of subjects)
      await manager.query('select pg_advisory_xact_lock(hashtext($1))', [subject])
  })
  const holder = database.createQueryRunner()
  onTestFinished(() => holder.release())
  await holder.query(`select pg_advisory_lock(hashtext('c'))`)
  const outcomes = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(subject => deliver(event(subject))))
  expect(outcomes.map(({ kind }) => kind)).toEqual(['ack', 'ack', 'postpone', 'ack', 'ack'])
})

it('leaves what it has not begun when it stops', async () => {
  const begun = Promise.withResolvers<void>()
  const mayEnd = Promise.withResolvers<void>()
  const { deliver, stop, batches } = await createConsumer(async () => {
    begun.resolve()
    await mayEnd.promise
  })
  const first = deliver(event('a'))
  await begun.promise
  const second = deliver(event('a'))
  const stopping = stop()
  expect((await second).kind).toBe('postpone')
  mayEnd.resolve()
  await stopping
  expect((await first).kind).toBe('ack')
  expect(batches).toEqual([['a']])
})

it('neither keeps nor logs what the contract marks as sensitive when a failure tells of it', async () => {
  const name = `canary-${randomUUID()}`
  const logged: unknown[] = []
  const log = (fields: object) => void logged.push(Object.values(fields).map(withoutData))
  const { deliver } = await createConsumer(
    async manager => void (await manager.query('select $1::uuid', [name])),
    { info: log, warn: log, error: log },
  )
  const outcome = await deliver({ ...event('a'), data: { name } })
  const words = 'invalid input syntax for type uuid: "hidden"'
  expect(outcome).toMatchObject({ kind: 'retry', error: { message: words, code: '22P02' } })
  expect(JSON.stringify(logged)).toContain(JSON.stringify(words))
  expect(JSON.stringify(logged)).not.toContain(name)
})

const event = (subject: string) =>
  raised.create({ id: randomUUID(), subject, version: 1, occurredAt: new Date(), data: {} })

/** A consumer that is delivered to by hand; the batches are the subjects of the events in each call of the handler. */
const createConsumer = async (
  handle: (manager: EntityManager, subjects: readonly string[]) => Promise<void> = async () => {},
  logger: MessagingLogger = silent,
) => {
  const { url, drop } = await createTestDatabase()
  onTestFinished(drop)
  const migrations = [CreateMessaging1700000000000]
  const database = await openDatabase({ service: 'test', url, tables: [], migrations })
  onTestFinished(database.stop)
  const subscribed = Promise.withResolvers<Subscription>()
  const transport: Transport = {
    publish: async () => {},
    consume: async subscription => {
      subscribed.resolve(subscription)
      return { stop: async () => {} }
    },
    listen: async () => ({ stop: async () => {} }),
    stop: async () => {},
  }
  const batches: (readonly string[])[] = []
  const { stop } = await startConsumer({
    database,
    transport,
    logger,
    queue: 'tests.on-counter-raised',
    events: [raised],
    handle: async (manager, envelopes) => {
      const subjects = envelopes.map(({ subject }) => subject)
      batches.push(subjects)
      await handle(manager, subjects)
    },
  })
  onTestFinished(stop)
  const subscription = await subscribed.promise
  return {
    database,
    batches,
    stop,
    deliver: (envelope: unknown, { attempt = 1, isRedelivery = false } = {}) =>
      subscription.deliver(envelope, attempt, isRedelivery),
  }
}
