import { randomBytes } from 'node:crypto'
import { readPidFile, startEmbeddedPostgres } from '@supergraph/postgres/embedded.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { Pool, type QueryResultRow } from 'pg'
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
}

/** Starts the server in a run's directory. */
export const startDatabaseServer = async (
  { postgresDirectory: directory, postgresPassword: password }: RunDirectory,
  port: number,
): Promise<DatabaseServer> => {
  const open = () => startEmbeddedPostgres({ directory, password, port })
  let server = await open()
  const names = statefulNames()
  const rolePassword = randomBytes(16).toString('hex')
  const created: string[] = []
  for (const name of names) created.push(await server.ensureDatabase(databaseNameOf(name), rolePassword))
  const urls = recordOf(
    names,
    name => name,
    name => created[names.indexOf(name)] ?? '',
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
  let changing = Promise.resolve()
  return {
    urls,
    superuserUrl: server.superuserUrl,
    query: async <R extends QueryResultRow>(
      service: StatefulName,
      sql: string,
      parameters: readonly unknown[] = [],
    ) => (await pools.get(service)?.query<R>(sql, [...parameters]))?.rows ?? [],
    restart: mode => {
      changing = changing.then(() => restart(mode))
      return changing
    },
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
