import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import type { QueryRunner } from 'typeorm'
import { expect, it, onTestFinished, vi } from 'vitest'
import { openDatabase } from '../data-source.ts'
import { isAlive, waitForExit } from '../embedded/postmaster.ts'
import { type EmbeddedPostgresOptions, startEmbeddedPostgres } from '../embedded.ts'
import { listen } from '../listen.ts'

const password = 'p@ss/w:rd'

async function newDirectory(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'embedded-postgres-'))
  const directory = join(home, 'data')
  onTestFinished(async () => {
    await stopLeftOver(directory)
    await rm(home, { recursive: true, force: true })
  })
  return directory
}

async function start(directory: string, options: Partial<EmbeddedPostgresOptions> = {}) {
  const postgres = await startEmbeddedPostgres({ directory, password, durable: false, ...options })
  onTestFinished(postgres.stop)
  return postgres
}

async function query(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

async function stopLeftOver(directory: string): Promise<void> {
  const pid = await pidOf(directory).catch(() => undefined)
  if (pid === undefined || pid === process.pid || !isAlive(pid)) return
  process.kill(pid, 'SIGINT')
  await waitForExit(pid)
}

const pidOf = async (directory: string) =>
  Number.parseInt(await readFile(join(directory, 'postmaster.pid'), 'utf8'), 10)

/** Starts a server from a process of its own, which lives until it is killed. */
async function startElsewhere(directory: string) {
  const options = JSON.stringify({ directory, password, durable: false })
  const program = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(import.meta.resolve('../embedded.ts'))})
    console.log((await startEmbeddedPostgres(${options})).port)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [port] = await once(child.stdout, 'data')
  const kill = async () => {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  return { port: Number(port), pid: await pidOf(directory), kill }
}

it('makes a UTF-8 cluster of PostgreSQL 18 and nothing else beside it', async () => {
  const directory = await newDirectory()
  const { superuserUrl, adopted } = await start(directory)
  const rows = await query(
    superuserUrl,
    `select current_setting('server_version_num')::int / 10000 as major, lower('ÉTÉ') as lower,
            current_setting('max_connections') as connections, current_setting('listen_addresses') as addresses`,
  )
  expect(rows).toEqual([{ major: 18, lower: 'été', connections: '200', addresses: '127.0.0.1' }])
  expect(adopted).toBe(false)
  expect(await readdir(join(directory, '..'))).toEqual(['data'])
})

it('takes none of the settings in the environment, which are meant for another PostgreSQL', async () => {
  const foreign = {
    PGHOST: 'db.example.com',
    PGPORT: '1',
    PGUSER: 'somebody',
    PGPASSWORD: 'something',
    PGDATABASE: 'elsewhere',
    PGSSLMODE: 'require',
    PGSSLNEGOTIATION: 'direct',
    PGOPTIONS: '-c search_path=elsewhere -c no_such_setting=1',
    PGCLIENTENCODING: 'LATIN1',
    PGDATESTYLE: 'German',
    PGTZ: 'Asia/Tokyo',
    PGDATA: '/nowhere',
  }
  for (const [name, value] of Object.entries(foreign)) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
  const directory = await newDirectory()
  const postgres = await start(directory)
  const url = await postgres.ensureDatabase('shop', password)
  const database = await openDatabase({ service: 'shop', url, tables: [], migrations: [] })
  onTestFinished(() => database.stop())
  const sql = `select current_setting('search_path') as path, current_setting('client_encoding') as encoding,
                 current_setting('DateStyle') as dates, current_database() as database`
  const settings = { path: '"$user", public', encoding: 'UTF8', dates: 'ISO, MDY', database: 'shop' }
  expect(await query(url, sql)).toEqual([settings])
  expect(await database.query(sql)).toEqual([settings])
  const listener = await listen({ url, channel: 'news', onNotification: () => undefined })
  await listener.stop()
  await postgres.stop()
  expect((await start(directory)).adopted).toBe(false)
})

it('keeps its data over a restart', async () => {
  const directory = await newDirectory()
  const first = await start(directory)
  await query(first.superuserUrl, 'create table kept as select 42 as answer')
  await first.stop()
  const second = await start(directory)
  expect(await query(second.superuserUrl, 'select answer from kept')).toEqual([{ answer: 42 }])
})

it('starts again after the server was killed', async () => {
  const directory = await newDirectory()
  const first = await start(directory, { durable: true })
  await query(first.superuserUrl, 'create table kept as select 42 as answer')
  process.kill(await pidOf(directory), 'SIGKILL')
  const second = await start(directory)
  expect(second.adopted).toBe(false)
  expect(await query(second.superuserUrl, 'select answer from kept')).toEqual([{ answer: 42 }])
})

it('adopts the server that a killed process left running, and stops that server in the end', async () => {
  const directory = await newDirectory()
  const orphan = await startElsewhere(directory)
  await orphan.kill()
  const postgres = await start(directory)
  expect(postgres).toMatchObject({ adopted: true, port: orphan.port })
  expect(await pidOf(directory)).toBe(orphan.pid)
  await postgres.stop()
  expect(isAlive(orphan.pid)).toBe(false)
})

it.each(['own', 'adopted'])('tells once that its %s server ended though nobody stopped it', async which => {
  const directory = await newDirectory()
  if (which === 'adopted') await (await startElsewhere(directory)).kill()
  const onUnexpectedEnd = vi.fn()
  const postgres = await start(directory, { onUnexpectedEnd })
  expect(postgres.adopted).toBe(which === 'adopted')
  process.kill(await pidOf(directory), 'SIGKILL')
  await vi.waitFor(() => expect(onUnexpectedEnd).toHaveBeenCalled())
  await postgres.stop()
  expect(onUnexpectedEnd).toHaveBeenCalledTimes(1)
})

it('reports no unexpected end when it is stopped', async () => {
  const onUnexpectedEnd = vi.fn()
  const postgres = await start(await newDirectory(), { onUnexpectedEnd })
  await postgres.stop()
  expect(onUnexpectedEnd).not.toHaveBeenCalled()
})

it('waits for a left-over server that is shutting down, then starts a new one', async () => {
  const directory = await newDirectory()
  const orphan = await startElsewhere(directory)
  const url = `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${orphan.port}/postgres`
  const session = new Client(url)
  session.on('error', () => {})
  await session.connect()
  await orphan.kill()
  // n.b. SIGTERM lets sessions finish: the server stays in its shutdown for as long as ours is open
  process.kill(orphan.pid, 'SIGTERM')
  await vi.waitFor(() => expect(query(url, 'select 1')).rejects.toThrow(/shutting down/))
  const starting = start(directory)
  await session.end()
  const postgres = await starting
  expect(postgres.adopted).toBe(false)
  expect(await pidOf(directory)).not.toBe(orphan.pid)
})

it('moves a left-over server to the port that is asked for', async () => {
  const directory = await newDirectory()
  const orphan = await startElsewhere(directory)
  await orphan.kill()
  const probe = await start(await newDirectory())
  await probe.stop()
  const postgres = await start(directory, { port: probe.port })
  expect(await query(postgres.superuserUrl, 'select inet_server_port() as port')).toEqual([
    { port: probe.port },
  ])
})

it('is shared by those who say so, and stopped by the last of them', async () => {
  const directory = await newDirectory()
  const [first, second] = await Promise.all([
    start(directory, { shared: true }),
    start(directory, { shared: true }),
  ])
  expect(second.port).toBe(first.port)
  await expect(start(directory)).rejects.toThrow(/^Another process uses the PostgreSQL data in/)
  const pid = await pidOf(directory)
  await first.stop()
  expect(await query(second.superuserUrl, 'select 1 as one')).toEqual([{ one: 1 }])
  const third = await start(directory, { shared: true })
  await second.stop()
  expect(await query(third.superuserUrl, 'select 1 as one')).toEqual([{ one: 1 }])
  await third.stop()
  expect(isAlive(pid)).toBe(false)
})

it('leaves the server of a live process alone', async () => {
  const directory = await newDirectory()
  const other = await startElsewhere(directory)
  await expect(start(directory)).rejects.toThrow(/^Another process uses the PostgreSQL data in/)
  expect(isAlive(other.pid)).toBe(true)
})

it('starts its own server when the one it waited for was stopped by its owner', async () => {
  const directory = await newDirectory()
  const first = await start(directory)
  const starting = start(directory)
  await vi.waitFor(async () => {
    const sessions = `select count(*)::int from pg_stat_activity where application_name = 'embedded'`
    expect(await query(first.superuserUrl, sessions)).toEqual([{ count: 2 }])
  })
  await first.stop()
  const second = await starting
  expect(second.adopted).toBe(false)
  expect(await query(second.superuserUrl, 'select 1 as one')).toEqual([{ one: 1 }])
})

it('takes no notice of a pid file whose pid belongs to another program', async () => {
  const directory = await newDirectory()
  const first = await start(directory)
  const pidFile = await readFile(join(directory, 'postmaster.pid'), 'utf8')
  await first.stop()
  await writeFile(join(directory, 'postmaster.pid'), pidFile.replace(/^\d+/, String(process.pid)))
  const second = await start(directory)
  expect(await query(second.superuserUrl, 'select 1 as one')).toEqual([{ one: 1 }])
})

it('clears away what a process killed in the middle of initdb left', async () => {
  const directory = await newDirectory()
  const gone = spawn(process.execPath, ['-e', ''])
  await once(gone, 'exit')
  await mkdir(`${directory}.init-${gone.pid}-x1y2z3/data`, { recursive: true })
  await start(directory)
  expect(await readdir(join(directory, '..'))).toEqual(['data'])
})

it('lets no role connect to the database of another', async () => {
  const postgres = await start(await newDirectory())
  const orders = await postgres.ensureDatabase('orders', 'first')
  const users = await postgres.ensureDatabase('us"ers', 'second/@')
  expect(await query(users, 'select current_database() as name')).toEqual([{ name: 'us"ers' }])
  await expect(query(orders.replace('/orders?', '/us%22ers?'), 'select 1')).rejects.toThrow(
    /permission denied for database/,
  )
})

it('ensures a database again without touching its data, and takes the new password', async () => {
  const postgres = await start(await newDirectory())
  const before = await postgres.ensureDatabase('orders', 'before')
  await query(before, 'create table kept as select 42 as answer')
  const after = await postgres.ensureDatabase('orders', "it's new")
  expect(await query(after, 'select answer from kept')).toEqual([{ answer: 42 }])
  await expect(query(before, 'select 1')).rejects.toThrow(/password authentication failed/)
})

it('lets two processes that start at once migrate once', async () => {
  class Count1760000000000 {
    async up(runner: QueryRunner) {
      await runner.query('create table runs as select pg_sleep(0.2) is null as ran')
    }
  }
  const postgres = await start(await newDirectory())
  const url = await postgres.ensureDatabase('orders', 'secret')
  const options = { service: 'orders', url, tables: [], migrations: [Count1760000000000] }
  const opened = await Promise.all([openDatabase(options), openDatabase(options)])
  await Promise.all(opened.map(database => database.stop()))
  expect(await query(url, 'select name from migrations')).toEqual([{ name: 'Count1760000000000' }])
})

it('says which port is taken', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  await expect(start(await newDirectory(), { port })).rejects.toThrow(`Port ${port} on 127.0.0.1 is taken`)
})

it('refuses data of another major version, foreign files and a wrong password, each in one line', async () => {
  const old = await newDirectory()
  await mkdir(old)
  await writeFile(join(old, 'PG_VERSION'), '17\n')
  await expect(start(old)).rejects.toThrow(/holds data of PostgreSQL 17, and this is 18: move it away/)
  const foreign = await newDirectory()
  await mkdir(join(foreign, 'photos'), { recursive: true })
  await expect(start(foreign)).rejects.toThrow(/no PostgreSQL data: choose another directory/)
  const directory = await newDirectory()
  await (await start(directory)).stop()
  await expect(start(directory, { password: 'wrong' })).rejects.toThrow(
    /made with another superuser password/,
  )
})
