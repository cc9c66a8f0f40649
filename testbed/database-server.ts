import { randomBytes } from 'node:crypto'
import { appendFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureCluster } from '@supergraph/postgres/embedded/cluster.ts'
import { locatePrograms } from '@supergraph/postgres/embedded/programs.ts'
import { readPidFile, startEmbeddedPostgres } from '@supergraph/postgres/embedded.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { Client, Pool, type QueryResultRow } from 'pg'
import { recordOf } from '../embedded/records.ts'
import { databaseNameOf, type StatefulName, statefulNames } from '../services.ts'
import type { RunDirectory } from './run-directory.ts'

/** How PostgreSQL is told to stop: `fast` ends its sessions in order, `immediate` leaves everything for recovery. */
type ShutdownMode = 'fast' | 'immediate'

/** A durable PostgreSQL with a database per service, on one port over its restarts. */
export type DatabaseServer = Running & {
  readonly urls: Readonly<Record<StatefulName, string>>
  readonly superuserUrl: string
  /** The rows that a statement returns; throws while the server is away. */
  readonly query: <R extends QueryResultRow>(
    service: StatefulName,
    sql: string,
    parameters?: readonly unknown[],
  ) => Promise<readonly R[]>
  readonly restart: (mode: ShutdownMode) => Promise<void>
  /**
   * Ends it as a lost machine does, and lets a standby take its place at the same port, which is starting up for so long;
   * resolves when the standby takes what reads.
   */
  readonly failOver: (startsForMs: number) => Promise<void>
  /** Makes of the standby a server that takes everything. */
  readonly promote: () => Promise<void>
  /** Fills the log of changes until the server has no room for it and stops; throws if there was room for 4 GiB. */
  readonly fillLog: () => Promise<void>
  /** Ends the sessions of all services. */
  readonly endSessions: () => Promise<void>
}

const mostLogMebibytes = 4_096

/** Starts the server in a run's directory; with an address, hosts of that network reach it there. */
export const startDatabaseServer = async (
  { postgresDirectory: directory, postgresPassword: password }: Omit<RunDirectory, 'stop'>,
  port: number,
  address?: string,
): Promise<DatabaseServer> => {
  if (address !== undefined) {
    await ensureCluster(await locatePrograms(), { directory, password, durable: true })
    await appendFile(join(directory, 'pg_hba.conf'), 'host all all samenet scram-sha-256\n')
  }
  const open = () => startEmbeddedPostgres({ directory, password, port, address })
  let server = await open()
  const names = statefulNames()
  const rolePassword = randomBytes(16).toString('hex')
  const created: string[] = []
  for (const name of names) created.push(await server.ensureDatabase(databaseNameOf(name), rolePassword))
  const urls = recordOf(
    names,
    name => name,
    name => (created[names.indexOf(name)] ?? '').replace('@127.0.0.1:', `@${address ?? '127.0.0.1'}:`),
  )
  const pools = new Map(names.map(name => [name, openPool(urls[name])] as const))
  const restart = async (mode: ShutdownMode): Promise<void> => {
    if (mode === 'immediate') {
      const running = await readPidFile(directory)
      // n.b. SIGQUIT is PostgreSQL's immediate shutdown.
      if (running !== undefined) process.kill(running.pid, 'SIGQUIT')
    }
    await server.stop()
    server = await open()
  }
  const failOver = async (startsForMs: number): Promise<void> => {
    const hasStarted = join(directory, 'has-started')
    await rm(hasStarted, { recursive: true, force: true })
    await writeFile(join(directory, 'standby.signal'), '')
    // n.b. the server is starting up as long as it waits for the first part of the log from an archive
    const restore = `mkdir ${hasStarted} 2>/dev/null && sleep ${startsForMs / 1_000}; false`
    await appendFile(join(directory, 'postgresql.auto.conf'), `restore_command = '${restore}'\n`)
    await restart('immediate')
  }
  const asSuperuser = async <T>(work: (session: Client) => Promise<T>): Promise<T> => {
    const session = new Client({ connectionString: server.superuserUrl }).on('error', () => {})
    await session.connect()
    return work(session).finally(() => session.end().catch(() => {}))
  }
  const fillLog = (): Promise<void> =>
    asSuperuser(async session => {
      for (let written = 0; written < mostLogMebibytes; written += 8) {
        const isWritten = await session
          .query(`select pg_logical_emit_message(true, 'filling', repeat('x', 8 * 1024 * 1024))`)
          .then(() => true)
          .catch(() => false)
        if (!isWritten) return
      }
      throw new Error('there is room for the log')
    })
  let changing = Promise.resolve()
  const inTurn = (change: () => Promise<void>): Promise<void> => {
    changing = changing.then(change)
    return changing
  }
  return {
    urls,
    superuserUrl: server.superuserUrl,
    query: async <R extends QueryResultRow>(
      service: StatefulName,
      sql: string,
      parameters: readonly unknown[] = [],
    ) => (await pools.get(service)?.query<R>(sql, [...parameters]))?.rows ?? [],
    restart: mode => inTurn(() => restart(mode)),
    failOver: startsForMs => inTurn(() => failOver(startsForMs)),
    promote: () =>
      inTurn(() => asSuperuser(async session => void (await session.query('select pg_promote()')))),
    fillLog,
    endSessions: () =>
      asSuperuser(async session => {
        await session.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where usename <> 'postgres' and pid <> pg_backend_pid()`,
        )
      }),
    stop: async () => {
      await Promise.all(pools.values().map(pool => pool.end()))
      await changing.catch(() => {})
      await server.stop()
    },
  }
}

const openPool = (connectionString: string): Pool =>
  // n.b. The server has ended a session: the pool reports it here, and opens another session for the next query.
  new Pool({ connectionString, max: 2, application_name: 'testbed' }).on('error', () => {})
