import { randomUUID } from 'node:crypto'
import { openDatabase } from '@supergraph/postgres/data-source.ts'
import { countQueries, createTestDatabase } from '@supergraph/postgres/testing.ts'
import { expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { defineEvent, type Envelope } from './envelope.ts'
import { recordInInbox } from './inbox.ts'
import { CreateMessaging1700000000000 } from './migration.ts'
import { appendToOutbox } from './outbox.ts'
import { pruneInbox, pruneOutbox } from './prune.ts'
import { startRelay } from './relay.ts'
import { DeadLettered, RetryLater, type Transport } from './transport.ts'
import { silent } from './transport-suite.ts'

const raised = defineEvent({ type: 'counter.raised', source: 'test', data: z.object({}) })

it('lets later events of the aggregate pass one that was given up on, but not one that waits', async () => {
  const outbox = await createOutbox()
  const [dead, afterDead, waiting, afterWaiting] = [
    event('a', 1),
    event('a', 2),
    event('b', 1),
    event('b', 2),
  ]
  await outbox.append([dead, afterDead, waiting, afterWaiting])
  let waitOver = false
  const published = await outbox.relay(async envelope => {
    if (envelope.id === dead.id) throw new DeadLettered('hopeless')
    if (envelope.id === waiting.id && !waitOver) throw new RetryLater('busy', 150)
  })
  await vi.waitFor(() => expect(published).toEqual([afterDead.id]))
  expect(await outbox.rows('dead_at is not null')).toMatchObject([
    { message_id: dead.id, last_error: 'hopeless' },
  ])
  expect(await outbox.rows('published_at is null and dead_at is null')).toMatchObject([
    { message_id: waiting.id, last_error: 'busy' },
    { message_id: afterWaiting.id, attempts: 0 },
  ])
  waitOver = true
  await vi.waitFor(() => expect(published).toEqual([afterDead.id, waiting.id, afterWaiting.id]), 5_000)
})

it('publishes at once what is committed while it is idle, long before it polls', async () => {
  const outbox = await createOutbox()
  const published = await outbox.relay(async () => {}, { pollMs: 60_000 })
  await outbox.append([event('a', 1)])
  await vi.waitFor(() => expect(published).toHaveLength(1), 2_000)
  await outbox.append([event('a', 2)])
  await vi.waitFor(() => expect(published).toHaveLength(2), 2_000)
})

it('publishes what was written while it did not run', async () => {
  const outbox = await createOutbox()
  await outbox.append([event('a', 1)])
  const published = await outbox.relay(async () => {}, { pollMs: 60_000 })
  await vi.waitFor(() => expect(published).toHaveLength(1), 2_000)
})

it('waits longer after each failure', async () => {
  const outbox = await createOutbox()
  await outbox.append([event('a', 1)])
  const triedAtMs: number[] = []
  await outbox.relay(async () => {
    triedAtMs.push(performance.now())
    throw new Error('no')
  })
  await vi.waitFor(() => expect(triedAtMs).toHaveLength(3), 5_000)
  const [first = 0, second = 0, third = 0] = triedAtMs
  expect(second - first).toBeGreaterThan(450)
  expect(third - second).toBeGreaterThan(900)
})

it('stops within seconds though the transport never answers, and leaves the event in the outbox', async () => {
  const outbox = await createOutbox()
  await outbox.append([event('a', 1)])
  const asked = Promise.withResolvers<void>()
  const relay = await outbox.start(async () => {
    asked.resolve()
    await new Promise(() => {})
  })
  await asked.promise
  await relay.stop()
  expect(await outbox.rows('published_at is null')).toMatchObject([{ attempts: 0, last_error: null }])
})

it('appends any number of events with one statement', async () => {
  const outbox = await createOutbox()
  outbox.queries.reset()
  await outbox.append(Array.from({ length: 20 }, (_, version) => event('a', version)))
  expect(outbox.queries.statements()).toHaveLength(1)
  const rows = await outbox.rows('true')
  expect(rows.map(row => row.envelope.version)).toEqual(Array.from({ length: 20 }, (_, version) => version))
})

it('records a message once though 20 transactions try at the same time', async () => {
  const { dataSource } = await createOutbox()
  const messageId = randomUUID()
  const firsts = await Promise.all(
    Array.from({ length: 20 }, () =>
      dataSource.transaction(manager => recordInInbox(manager, { queue: 'test', messageId })),
    ),
  )
  expect(firsts.filter(Boolean)).toHaveLength(1)
})

it('forgets what was published or handled more than seven days ago, and nothing else', async () => {
  const { dataSource, append, rows } = await createOutbox()
  const [old, recent, pending] = [event('a', 1), event('a', 2), event('a', 3)]
  await append([old, recent, pending])
  await dataSource.query(
    `update outbox set published_at = now() - case when message_id = $1 then interval '8 days' else interval '6 days' end
     where message_id <> $2`,
    [old.id, pending.id],
  )
  await dataSource.query(
    `insert into inbox (queue, message_id, handled_at)
     values ('test', $1, now() - interval '8 days'), ('test', $2, now()), ('other', $1, now() - interval '8 days')`,
    [old.id, recent.id],
  )
  expect(await pruneOutbox(dataSource)).toBe(1)
  expect(await pruneInbox(dataSource, 'test')).toBe(1)
  expect((await rows('true')).map(row => row.message_id)).toEqual([recent.id, pending.id])
  expect(await dataSource.query('select queue, message_id from inbox order by queue')).toEqual([
    { queue: 'other', message_id: old.id },
    { queue: 'test', message_id: recent.id },
  ])
})

const event = (subject: string, version: number) =>
  raised.create({ id: randomUUID(), subject, version, occurredAt: new Date(), data: {} })

type Row = {
  readonly message_id: string
  readonly attempts: number
  readonly last_error: string | null
  readonly envelope: Envelope
}

const createOutbox = async () => {
  const database = await createTestDatabase()
  onTestFinished(() => database.drop())
  const queries = countQueries()
  const dataSource = await openDatabase({
    service: 'test',
    url: database.url,
    tables: [],
    migrations: [CreateMessaging1700000000000],
    onQuery: queries.onQuery,
  })
  onTestFinished(() => dataSource.destroy())

  const start = async (publish: Transport['publish'], { pollMs = 1_000 } = {}) => {
    const transport: Transport = {
      publish,
      consume: async () => ({ stop: async () => {} }),
      listen: async () => ({ stop: async () => {} }),
      deadLetters: async () => [],
      stop: async () => {},
    }
    const relay = await startRelay({
      dataSource,
      databaseUrl: database.url,
      transport,
      logger: silent,
      pollMs,
    })
    onTestFinished(() => relay.stop())
    return relay
  }
  return {
    dataSource,
    queries,
    start,
    append: (events: readonly Envelope[]) =>
      dataSource.transaction(manager => appendToOutbox(manager, events)),
    /** Starts a relay and gives the ids of what it has published so far. */
    relay: async (
      publish: Transport['publish'],
      options?: { pollMs: number },
    ): Promise<readonly string[]> => {
      const published: string[] = []
      await start(async envelope => {
        await publish(envelope)
        published.push(envelope.id)
      }, options)
      return published
    },
    rows: (condition: string): Promise<readonly Row[]> =>
      dataSource.query(
        `select message_id, attempts, last_error, envelope from outbox where ${condition} order by id`,
      ),
  }
}
