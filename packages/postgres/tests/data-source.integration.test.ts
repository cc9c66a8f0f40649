import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { runFor } from '@supergraph/runtime/caller.ts'
import { Client } from 'pg'
import type { QueryRunner } from 'typeorm'
import { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js'
import { beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { withLongStatements } from '../client.ts'
import { DatabaseUnavailable, isUnavailable } from '../connection.ts'
import { type Database, type Migration, openDatabase, openServiceDatabase } from '../data-source.ts'
import { rows } from '../statements.ts'
import { countQueries, createTestDatabase } from './test-database.ts'

let url = ''
beforeAll(async () => {
  const database = await createTestDatabase()
  url = database.url
  return database.drop
})

async function open(options: Partial<Parameters<typeof openDatabase>[0]> = {}): Promise<Database> {
  const database = await openDatabase({ service: 'orders', url, tables: [], migrations: [], ...options })
  onTestFinished(database.stop)
  return database
}

const withUrl = (change: (parts: URL) => void): string => {
  const parts = new URL(url)
  change(parts)
  return parts.href
}

async function refusal(options: Partial<Parameters<typeof openDatabase>[0]>): Promise<Error> {
  const error = await open(options).then(
    () => undefined,
    reason => reason,
  )
  expect(error).toBeInstanceOf(Error)
  expect(error.message).not.toContain(new URL(url).password)
  expect(error.message).not.toContain('\n')
  return error
}

it('names the address of a server that can not be reached, and what to do', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = String(typeof address === 'object' && address ? address.port : 0)
  server.close()
  const error = await refusal({ url: withUrl(parts => Object.assign(parts, { port })) })
  expect(error).toBeInstanceOf(DatabaseUnavailable)
  expect(error.message).toMatch(`The database of orders at 127.0.0.1:${port}/`)
  expect(error.message).toMatch('can not be reached: start PostgreSQL there')
})

it('tells a wrong password, a missing database and an unreadable URL apart', async () => {
  const wrong = await refusal({ url: withUrl(parts => Object.assign(parts, { password: 'wrong' })) })
  const missing = await refusal({ url: withUrl(parts => Object.assign(parts, { pathname: '/missing' })) })
  const unreadable = await refusal({ url: 'orders' })
  expect(wrong.message).toMatch('refuses the role or its password')
  expect(missing.message).toMatch('/missing does not exist on that server')
  expect(unreadable.message).toMatch('The database URL of orders is unreadable')
  for (const error of [wrong, missing, unreadable]) expect(error).toBeInstanceOf(DatabaseUnavailable)
})

it('bounds statements, locks and idle transactions, and names the service', async () => {
  const database = await open({ migrations: [CreateLines1760000000002, CreateOrders1760000000001] })
  const settings = await database.query(
    `select name, setting from pg_settings where name in
     ('application_name', 'idle_in_transaction_session_timeout', 'lock_timeout', 'statement_timeout') order by name`,
  )
  expect(settings.map((row: { setting: string }) => row.setting)).toEqual([
    'orders',
    '30000',
    '5000',
    '15000',
  ])
})

it('runs migrations in the order of the timestamps in their names', async () => {
  const fresh = await createTestDatabase()
  onTestFinished(fresh.drop)
  const database = await openDatabase({
    service: 'orders',
    url: fresh.url,
    tables: [],
    migrations: [CreateLines1760000000002, CreateOrders1760000000001],
  })
  const made = await rows(database, z.object({ name: z.string() }), 'select name from migrations order by id')
  await database.stop()
  expect(made).toEqual([{ name: 'CreateOrders1760000000001' }, { name: 'CreateLines1760000000002' }])
})

it('runs each migration once if 20 processes start at once, and what was there stays if the last one fails', async () => {
  const fresh = await createTestDatabase()
  onTestFinished(fresh.drop)
  const start = async (...migrations: readonly Migration[]) => {
    const database = await openDatabase({ service: 'orders', url: fresh.url, tables: [], migrations })
    await database.stop()
  }
  const good = [CreateOrders1760000000001, CreateLines1760000000002]
  await Promise.all(Array.from({ length: 20 }, () => start(...good)))
  const failing = Array.from({ length: 5 }, () => start(...good, Broken1760000000003))
  for (const { status } of await Promise.allSettled(failing)) expect(status).toBe('rejected')
  await start(...good)
  const session = new Client(fresh.url)
  await session.connect()
  onTestFinished(() => session.end())
  const { rows } = await session.query(
    `select name, to_regclass('half_done') as half from migrations order by id`,
  )
  expect(rows).toEqual(good.map(({ name }) => ({ name, half: null })))
})

it('leaves nothing of a migration that fails, and says why', async () => {
  const error = await refusal({ migrations: [Broken1760000000003] })
  expect(error).not.toBeInstanceOf(DatabaseUnavailable)
  expect(error.message).toMatch('relation "nowhere" does not exist')
  const database = await open()
  expect(await database.query(`select to_regclass('half_done') as found`)).toEqual([{ found: null }])
})

it('reports a migration that another session blocks by a lock', { timeout: 20_000 }, async () => {
  const blocker = new Client(url)
  await blocker.connect()
  onTestFinished(() => blocker.end())
  await blocker.query('create table busy ()')
  await blocker.query('begin; lock table busy')
  const error = await refusal({ migrations: [AlterBusy1760000000004] })
  expect(error).toBeInstanceOf(DatabaseUnavailable)
  expect(error.message).toMatch('is blocked by a lock that another session holds')
})

it('survives the end of all its connections, one in a transaction included, and serves again', async () => {
  const database = await open({ poolSize: 3 })
  const killer = new Client(process.env.TEST_POSTGRES_URL)
  await killer.connect()
  onTestFinished(() => killer.end())
  const runner = database.createQueryRunner()
  await runner.startTransaction()
  await Promise.all([database.query('select pg_sleep(0.05)'), database.query('select pg_sleep(0.05)')])
  const { rows } = await killer.query(
    `select pg_terminate_backend(pid, 5000) as ended from pg_stat_activity where datname = $1`,
    [new URL(url).pathname.slice(1)],
  )
  expect(rows).toEqual([{ ended: true }, { ended: true }, { ended: true }])
  await vi.waitFor(async () => expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]))
  await vi.waitFor(() => expect(runner.isReleased).toBe(true))
})

it('survives a connection that ends just as the pool hands it out', async () => {
  const { driver } = await open()
  if (!(driver instanceof PostgresDriver)) throw new Error('not the driver of PostgreSQL')
  const client = await driver.master.connect()
  onTestFinished(() => client.release())
  expect(() => client.emit('error', new Error('terminating connection'))).not.toThrow()
})

it('shows each statement, and counts those that are not transaction control', async () => {
  const queries = countQueries()
  const seen = vi.fn(queries.onQuery)
  const database = await open({ onQuery: seen })
  queries.reset()
  seen.mockClear()
  await database.transaction(manager => manager.query('select 1'))
  expect(seen.mock.calls.flat()).toEqual(['START TRANSACTION', 'select 1', 'COMMIT'])
  expect(queries.statements()).toEqual(['select 1'])
  expect(queries.count()).toBe(1)
})

const migration = (sql: string) =>
  class {
    async up(runner: QueryRunner) {
      await runner.query(sql)
    }
  } satisfies Migration

class CreateOrders1760000000001 extends migration('create table orders_made (id int primary key)') {}
class CreateLines1760000000002 extends migration('create table lines_made (id int references orders_made)') {}
class Broken1760000000003 extends migration('create table half_done (); select * from nowhere') {}
class AlterBusy1760000000004 extends migration('alter table busy add column late int') {}

it('closes the background connections too, however it is closed', async () => {
  for (const close of ['stop', 'destroy'] as const) {
    const database = await openServiceDatabase({ service: 'orders', url, tables: [], migrations: [] })
    await database.background.query('select 1')
    await database[close]()
    expect([database.isInitialized, database.background.isInitialized]).toEqual([false, false])
  }
})

it('looks for rows in the order of an index if told to, and keeps the options of its URL', async () => {
  const own = withUrl(parts => parts.searchParams.set('options', '-c work_mem=5MB'))
  const database = await open({ url: own, keepsIndexOrder: true })
  const settings = z.object({ bitmaps: z.string(), memory: z.string() })
  const sql = `select current_setting('enable_bitmapscan') as bitmaps, current_setting('work_mem') as memory`
  expect(await rows(database, settings, sql)).toEqual([{ bitmaps: 'off', memory: '5MB' }])
})

const callerFor = (user?: string) => ({
  deadlineAtMs: Number.POSITIVE_INFINITY,
  gone: { aborted: false },
  user,
})
const one = callerFor()

it.each([
  ['one request', () => one],
  ['one user, in as many requests', () => callerFor('greedy')],
])('lets callers take turns for the connections, whatever %s asks for at once', async (_, greedyCaller) => {
  const database = await open({ poolSize: 1 })
  const done: string[] = []
  const ask = async (name: string) => {
    await database.query('select pg_sleep(0.001)')
    done.push(name)
  }
  const greedy = Array.from({ length: 10 }, () => runFor(greedyCaller(), () => ask('greedy')))
  await runFor(callerFor('modest'), () => ask('modest'))
  expect(done.length).toBeLessThan(5)
  await Promise.all(greedy)
})

/** Leads to the database; once it has vanished, what is on the connections that are open reaches nobody, and no one is told. */
const startPath = async () => {
  const { hostname, port } = new URL(url)
  const open = new Set<Socket>()
  const server = createServer(near => {
    const far = connect(Number(port), hostname)
    for (const socket of [near, far]) open.add(socket.on('error', () => {}))
    near.pipe(far).pipe(near)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    for (const socket of open) socket.destroy()
  })
  const address = server.address()
  return {
    url: withUrl(parts => {
      parts.port = String(typeof address === 'object' && address ? address.port : 0)
    }),
    vanish: () => {
      for (const socket of open) socket.unpipe().removeAllListeners('data').resume()
    },
  }
}

/** A database that has vanished without a word, in a time that stands still. */
const openVanished = async () => {
  const path = await startPath()
  const database = await open({ url: path.url })
  await database.query('select 1')
  path.vanish()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  return database
}

it('gives up a statement, and its connection, of which a vanished server says nothing for 20 s', async () => {
  const database = await openVanished()
  try {
    const asked = database.query('select 2').catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(19_000)
    expect(await Promise.race([asked, 'waits'])).toBe('waits')
    await vi.advanceTimersByTimeAsync(1_000)
    expect(isUnavailable(await asked)).toBe(true)
  } finally {
    vi.useRealTimers()
  }
  expect(await database.query('select 3 as three')).toEqual([{ three: 3 }])
})

it('waits for a statement of a migration for as long as it takes', async () => {
  const database = await openVanished()
  try {
    const asked = withLongStatements(() => database.query('select 2')).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await Promise.race([asked, 'waits'])).toBe('waits')
  } finally {
    vi.useRealTimers()
  }
})
