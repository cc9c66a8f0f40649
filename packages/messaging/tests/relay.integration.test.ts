import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { type Migration, openDatabase } from '@supergraph/postgres/data-source.ts'
import { row, rows } from '@supergraph/postgres/statements.ts'
import { countQueries, createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import type { EntityManager } from 'typeorm'
import { expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { recordInInbox } from '../consumer.ts'
import { anyEnvelope, defineEvent, type Envelope } from '../envelope.ts'
import { CreateMessaging1700000000000, KeepDeadLetters1795176000000 } from '../migration.ts'
import { openOutboxDeadLetters } from '../outbox/dead-letters.ts'
import { appendToOutbox, outboxEvents, outboxInsert, takeRuns } from '../outbox/outbox.ts'
import { pruneInbox, pruneOutbox } from '../outbox/prune.ts'
import { startRelay } from '../outbox/relay.ts'
import { republish } from '../outbox/republish.ts'
import { DeadLettered, type GivenUp, RetryLater, type Transport, TransportUnavailable } from '../transport.ts'
import { silent } from './suite-world.ts'

const raised = defineEvent({ type: 'counter.raised', source: 'test', data: z.object({}) })

const hopeless: GivenUp = {
  queue: 'tests.on-counter-raised',
  error: 'hopeless',
  attempts: 5,
  firstFailedAt: new Date(0),
  lastFailedAt: new Date(0),
}

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
    if (envelope.id === dead.id) throw new DeadLettered([hopeless])
    if (envelope.id === waiting.id && !waitOver) throw new RetryLater('busy', 150)
  })
  await vi.waitFor(() => expect(published).toEqual([afterDead.id]))
  // n.b. the relay's transaction may not have committed yet
  await vi.waitFor(async () =>
    expect(await outbox.rows('dead_at is not null')).toMatchObject([
      { message_id: dead.id, last_error: 'tests.on-counter-raised, 5 attempts: hopeless' },
    ]),
  )
  expect(await outbox.rows('published_at is null and dead_at is null')).toMatchObject([
    { message_id: waiting.id, last_error: 'busy' },
    { message_id: afterWaiting.id, attempts: 0 },
  ])
  waitOver = true
  await vi.waitFor(() => expect(published).toEqual([afterDead.id, waiting.id, afterWaiting.id]))
})

it('publishes the many events of one aggregate in few rounds, in order', async () => {
  const outbox = await createOutbox()
  const events = Array.from({ length: 60 }, (_, version) => event('a', version))
  await outbox.append(events)
  outbox.queries.reset()
  const published = await outbox.relay(async () => {})
  await vi.waitFor(() => expect(published).toEqual(events.map(({ id }) => id)))
  expect(
    outbox.queries.statements().filter(sql => /^\s*with recursive earliest/.test(sql)).length,
  ).toBeLessThan(10)
})

it('publishes nothing of an aggregate after an event that has to wait, not even what is due', async () => {
  const outbox = await createOutbox()
  const [first, second, third] = [event('a', 1), event('a', 2), event('a', 3)]
  await outbox.append([first, second, third])
  await outbox.database.query(
    `update outbox set next_attempt_at = now() + interval '1 hour' where message_id = $1`,
    [second.id],
  )
  const other = event('b', 1)
  await outbox.append([other])
  const published = await outbox.relay(async () => {})
  await vi.waitFor(async () => expect(await outbox.rows('published_at is null')).toHaveLength(2))
  expect(published.toSorted()).toEqual([first.id, other.id].toSorted())
})

it('keeps the order of each aggregate though several relays publish, fail and are killed', async () => {
  const outbox = await createOutbox()
  const events = Array.from({ length: 120 }, (_, index) => event(`aggregate-${index % 6}`, index))
  const order = new Map<string, number[]>()
  let publications = 0
  const publish = async ({ subject, version }: Envelope) => {
    publications += 1
    if (publications % 11 === 0) throw new RetryLater('busy', 20)
    order.set(subject, [...(order.get(subject) ?? []), version])
    if ([25, 60, 150].includes(publications)) await outbox.cutOffSessions()
  }
  await outbox.append(events)
  await Promise.all([outbox.start(publish), outbox.start(publish), outbox.start(publish)])
  await vi.waitFor(async () => expect(await outbox.rows('published_at is null')).toEqual([]))
  for (const [subject, versions] of order) {
    // n.b. the events of a killed relay are published again: it matters only that no event comes before an earlier one
    const firstTimes = versions.filter((version, index) => versions.indexOf(version) === index)
    expect(firstTimes).toEqual(events.filter(one => one.subject === subject).map(({ version }) => version))
  }
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

it('sends an event again to each queue that lacks it, though they are found one after the other', async () => {
  const outbox = await createOutbox()
  const [sent, unsent] = [event('a', 1), event('b', 1)]
  await outbox.append([sent, unsent])
  await outbox.database.query('update outbox set published_at = now() where message_id = $1', [sent.id])
  const again = (queue: string) => republish(outbox.database, [sent.id, unsent.id], [queue])
  expect(await again('one')).toBe(1)
  expect(await again('two')).toBe(1)
  expect(await again('one')).toBe(0)
  const published = new Map<string, readonly string[] | undefined>()
  await outbox.start(async ({ id }, queues) => void published.set(id, queues?.toSorted()))
  await vi.waitFor(() => expect(published).toHaveProperty('size', 2))
  expect(published.get(sent.id)).toEqual(['one', 'two'])
  expect(published.get(unsent.id)).toBeUndefined()
})

it('keeps what is no envelope in the outbox with the reason, and publishes the events of other aggregates', async () => {
  const outbox = await createOutbox()
  const [broken, other] = [event('a', 1), event('b', 1)]
  await outbox.append([broken, other])
  await outbox.database.query(
    `update outbox set envelope = envelope || '{"version": "one"}' where message_id = $1`,
    [broken.id],
  )
  const published = await outbox.relay(async () => {})
  await vi.waitFor(() => expect(published).toEqual([other.id]))
  const failures = () =>
    outbox.database.query('select last_error from outbox where message_id = $1', [broken.id])
  await vi.waitFor(async () =>
    expect(await failures()).toEqual([{ last_error: expect.stringContaining('version') }]),
  )
})

it('waits longer after each failure', async () => {
  const outbox = await createOutbox()
  await outbox.append([event('a', 1)])
  const triedAtMs: number[] = []
  await outbox.relay(async () => {
    triedAtMs.push(performance.now())
    throw new Error('no')
  })
  await vi.waitFor(() => expect(triedAtMs).toHaveLength(3))
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

it('appends events as a part of the statement that changes their aggregate, or not if nothing changes', async () => {
  const { database, rows } = await createOutbox()
  await database.query('create table counters (id text primary key, version integer not null)')
  await database.query(`insert into counters values ('a', 0)`)
  const raise = (from: number, events: readonly Envelope[]) =>
    database.query(
      `with raised as (
         update counters set version = version + 1 where id = 'a' and version = $1 returning id),
       published as (${outboxInsert('(select $2 from raised)')})
       select id from raised`,
      [from, outboxEvents(events)],
    )
  const [first, second] = [event('a', 1), event('a', 2)]
  expect(await raise(0, [first, second])).toHaveLength(1)
  expect(await raise(0, [event('a', 3)])).toHaveLength(0)
  expect((await rows('true')).map(row => row.message_id)).toEqual([first.id, second.id])
})

it('numbers the events of such statements in the order in which they change the aggregate', async () => {
  const { database, rows } = await createOutbox()
  await database.query('create table counters (id text primary key, version integer not null)')
  await database.query(`insert into counters values ('a', 0)`)
  const events = Array.from({ length: 20 }, (_, index) => event('a', index))
  await Promise.all(
    events.map(one =>
      database.query(
        `with raised as (
           update counters set version = version + 1 where id = 'a' returning version),
         published as (${outboxInsert(
           `(select jsonb_build_array($1::jsonb -> 0 || jsonb_build_object('version', version)) from raised)`,
         )})
         select`,
        [outboxEvents([one])],
      ),
    ),
  )
  expect((await rows('true')).map(row => row.envelope.version)).toEqual(events.map((_, index) => index + 1))
})

it('records a message once though 20 transactions try at the same time', async () => {
  const { database } = await createOutbox()
  const messageId = randomUUID()
  const firsts = await Promise.all(
    Array.from({ length: 20 }, () =>
      database.transaction(manager => recordInInbox(manager, 'test', [messageId])),
    ),
  )
  expect(firsts.filter(({ size }) => size === 1)).toHaveLength(1)
})

it('forgets what was published or handled more than seven days ago, and nothing else', async () => {
  const { database, append, rows } = await createOutbox()
  const [old, recent, pending, parked] = [event('a', 1), event('a', 2), event('a', 3), event('a', 4)]
  await append([old, recent, pending, parked])
  // n.b. one of the two queues that gave the event up has handled it now
  await database.query(
    `update outbox set published_at = now() - interval '8 days', dead_letters = '[{"queue": "other"}]'
     where message_id = $1`,
    [parked.id],
  )
  await database.query(
    `update outbox set published_at = now() - case when message_id = $1 then interval '8 days' else interval '6 days' end
     where message_id not in ($2, $3)`,
    [old.id, pending.id, parked.id],
  )
  await database.query(
    `insert into inbox (queue, message_id, handled_at)
     values ('test', $1, now() - interval '8 days'), ('test', $2, now()), ('other', $1, now() - interval '8 days')`,
    [old.id, recent.id],
  )
  expect(await pruneOutbox(database)).toBe(1)
  expect(await pruneInbox(database, 'test')).toBe(1)
  expect((await rows('true')).map(row => row.message_id)).toEqual([recent.id, pending.id, parked.id])
  expect(await database.query('select queue, message_id from inbox order by queue')).toEqual([
    { queue: 'other', message_id: old.id },
    { queue: 'test', message_id: recent.id },
  ])
})

it('finds what is to be forgotten by indexes, however much is kept', async () => {
  const outbox = await createOutbox()
  await outbox.append(Array.from({ length: 5_000 }, (_, version) => event('a', version)))
  await outbox.database.query(`
    update outbox set published_at = now() - case when id % 100 = 0 then interval '8 days' else interval '1 day' end;
    insert into inbox (queue, message_id, handled_at) select 'test', message_id, published_at from outbox;
    analyze outbox, inbox`)
  outbox.queries.reset()
  expect(await pruneOutbox(outbox.database)).toBe(50)
  expect(await pruneInbox(outbox.database, 'test')).toBe(50)
  for (const statement of outbox.queries.statements()) {
    const plan = await outbox.database.query(
      `explain ${statement}`,
      [1_000, 7, 'test'].slice(0, parameters(statement)),
    )
    expect(JSON.stringify(plan)).not.toContain('Seq Scan')
  }
})

it.each([
  { statistics: 'do not know of', prepare: 'select' },
  { statistics: 'know of', prepare: 'analyze outbox' },
])('reads no more than it takes from a backlog that statistics $statistics', async ({ prepare }) => {
  const outbox = await createOutbox()
  await outbox.append(Array.from({ length: 2_000 }, (_, subject) => event(String(subject), 1)))
  await outbox.database.query(prepare)
  const read = await outbox.database.transaction(async manager => {
    expect(await takeRuns(manager, { after: '', aggregates: 200, runLength: 20 })).toHaveLength(200)
    return readRows(manager)
  })
  expect(read).toBeGreaterThan(0)
  expect(read).toBeLessThan(1_000)
})

it('reads no more than it takes from a backlog of one aggregate, and passes no aggregate over', async () => {
  const outbox = await createOutbox()
  await outbox.append(Array.from({ length: 2_000 }, (_, version) => event('a', version)))
  await outbox.append([event('b', 1), event('c', 1)])
  const { runs, read } = await outbox.database.transaction(async manager => {
    const runs = await takeRuns(manager, { after: '', aggregates: 200, runLength: 20 })
    return { runs, read: await readRows(manager) }
  })
  expect(runs.map(({ aggregateId, events }) => [aggregateId, events.length])).toEqual([
    ['a', 20],
    ['b', 1],
    ['c', 1],
  ])
  expect(read).toBeLessThan(100)
})

it('takes the aggregates in turns', async () => {
  const outbox = await createOutbox()
  await outbox.append(['a', 'b', 'c'].map(subject => event(subject, 1)))
  const take = async (after: string) =>
    (await takeRuns(outbox.database.manager, { after, aggregates: 2, runLength: 20 })).map(
      ({ aggregateId }) => aggregateId,
    )
  expect(await take('')).toEqual(['a', 'b'])
  expect(await take('b')).toEqual(['c'])
  expect(await take('c')).toEqual([])
})

it('publishes all of a backlog of more aggregates than it takes at a time', async () => {
  const outbox = await createOutbox()
  await outbox.append(Array.from({ length: 1_100 }, (_, subject) => event(String(subject), 1)))
  const published = await outbox.relay(async () => {}, { pollMs: 60_000 })
  await vi.waitFor(() => expect(new Set(published).size).toBe(1_100))
})

it('does not try a backlog again and again while the transport takes nothing', async () => {
  const outbox = await createOutbox()
  await outbox.append(Array.from({ length: 1_100 }, (_, subject) => event(String(subject), 1)))
  let isAway = true
  let tries = 0
  const published = await outbox.relay(async () => {
    tries += 1
    if (isAway) throw new TransportUnavailable('away', 50)
  })
  await vi.waitFor(() => expect(tries).toBe(500), 5_000)
  await outbox.append([event('late', 1)])
  await setTimeout(500)
  expect(tries).toBe(500)
  isAway = false
  await vi.waitFor(() => expect(new Set(published).size).toBe(1_101))
})

it('brings an older outbox up to date, with what was given up in it', async () => {
  const { url, drop } = await createTestDatabase()
  onTestFinished(drop)
  const open = async (migrations: readonly Migration[]) => {
    const database = await openDatabase({ service: 'test', url, tables: [], migrations })
    onTestFinished(database.stop)
    return database
  }
  const older = await open([CreateMessaging1700000000000])
  const given = event('a', 1)
  await appendToOutbox(older.manager, [given])
  await older.query(
    `alter table outbox drop column dead_letters, drop column replay_to;
     update outbox set dead_at = now(), attempts = 7, last_error = 'one.queue, 5 attempts: no; other.queue, 1 attempts: never';`,
  )
  await open([CreateMessaging1700000000000, KeepDeadLetters1795176000000])
  const deadLetters = openOutboxDeadLetters([url])
  onTestFinished(() => deadLetters.stop())
  expect(await deadLetters.list()).toMatchObject([
    { messageId: given.id, queue: 'one.queue', attempts: 5, error: 'no' },
    { messageId: given.id, queue: 'other.queue', attempts: 1, error: 'never' },
  ])
})

const event = (subject: string, version: number) =>
  raised.create({ id: randomUUID(), subject, version, occurredAt: new Date(), data: {} })

const outboxRow = z.object({
  message_id: z.string(),
  attempts: z.int(),
  last_error: z.string().nullable(),
  envelope: anyEnvelope,
})

/** The number of a statement's parameters. */
const parameters = (statement: string): number => new Set(statement.match(/\$\d/g)).size

/** The number of rows of the outbox that the transaction has read. */
const readRows = async (manager: EntityManager) => {
  const reads = await row(
    manager,
    z.object({ read: z.int() }),
    `select (seq_tup_read + idx_tup_fetch)::integer as read from pg_stat_xact_user_tables where relname = 'outbox'`,
  )
  return reads?.read
}

const createOutbox = async () => {
  const { url, drop } = await createTestDatabase()
  onTestFinished(drop)
  const queries = countQueries()
  const database = await openDatabase({
    service: 'test',
    url,
    tables: [],
    migrations: [CreateMessaging1700000000000],
    onQuery: queries.onQuery,
  })
  onTestFinished(database.stop)

  const start = async (publish: Transport['publish'], { pollMs = 1_000 } = {}) => {
    const transport: Transport = {
      publish,
      consume: async () => ({ stop: async () => {} }),
      listen: async () => ({ stop: async () => {} }),
      stop: async () => {},
    }
    const relay = await startRelay({ database, databaseUrl: url, transport, logger: silent }, { pollMs })
    onTestFinished(() => relay.stop())
    return relay
  }
  return {
    database,
    queries,
    start,
    append: (events: readonly Envelope[]) => database.transaction(manager => appendToOutbox(manager, events)),
    /** Starts a relay and gives the ids of what it has published so far. */
    relay: async (
      publish: Transport['publish'],
      options?: { pollMs: number },
    ): Promise<readonly string[]> => {
      const published: string[] = []
      await start(async (envelope, queues) => {
        await publish(envelope, queues)
        published.push(envelope.id)
      }, options)
      return published
    },
    /** Ends every session that is in a transaction, as a kill of its process would. */
    cutOffSessions: () =>
      database.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and state = 'idle in transaction'`,
      ),
    rows: (condition: string) =>
      rows(
        database,
        outboxRow,
        `select message_id, attempts, last_error, envelope from outbox where ${condition} order by id`,
      ),
  }
}
