import { randomBytes } from 'node:crypto'
import { readPidFile, startEmbeddedPostgres } from '@supergraph/postgres/embedded.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { Pool, type QueryResultRow } from 'pg'
import type { RunDirectory } from './run-directory.ts'

export const databaseNames = [
  'users',
  'products',
  'orders',
  'notifications',
  'analytics',
  'paymentSimulator',
] as const

export type DatabaseName = (typeof databaseNames)[number]

/** How PostgreSQL is told to stop: `fast` ends its sessions in order, `immediate` leaves everything for recovery. */
export type ShutdownMode = 'fast' | 'immediate'

/** A durable PostgreSQL with a database per service, on one port over its restarts. */
export type DatabaseServer = Running & {
  readonly urls: Readonly<Record<DatabaseName, string>>
  /** The rows that a statement gives; throws while the server is away. */
  readonly query: <R extends QueryResultRow>(
    database: DatabaseName,
    sql: string,
    parameters?: readonly unknown[],
  ) => Promise<readonly R[]>
  readonly restart: (mode: ShutdownMode) => Promise<void>
}

/** Starts the server in a run's folder. */
export const startDatabaseServer = async (
  runDirectory: RunDirectory,
  port: number,
): Promise<DatabaseServer> => {
  const { postgresDirectory: directory, postgresPassword: password } = runDirectory
  const open = () => startEmbeddedPostgres({ directory, password, port })
  let server = await open()
  const rolePassword = randomBytes(16).toString('hex')
  const ensure = (name: DatabaseName) => server.ensureDatabase(name, rolePassword)
  const urls = {
    users: await ensure('users'),
    products: await ensure('products'),
    orders: await ensure('orders'),
    notifications: await ensure('notifications'),
    analytics: await ensure('analytics'),
    paymentSimulator: await ensure('paymentSimulator'),
  }
  const pools = new Map(databaseNames.map(name => [name, openPool(urls[name])] as const))
  const restart = async (mode: ShutdownMode): Promise<void> => {
    if (mode === 'immediate') {
      const running = await readPidFile(directory)
      // n.b. SIGQUIT is PostgreSQL's immediate shutdown
      if (running !== undefined) process.kill(running.pid, 'SIGQUIT')
    }
    await server.stop()
    server = await open()
  }
  let changing = Promise.resolve()
  return {
    urls,
    query: async <R extends QueryResultRow>(
      database: DatabaseName,
      sql: string,
      parameters: readonly unknown[] = [],
    ) => (await pools.get(database)?.query<R>(sql, [...parameters]))?.rows ?? [],
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
  // n.b. a session that the server ended is reported here and replaced by the next query's
  new Pool({ connectionString, max: 2, application_name: 'faults' }).on('error', () => {})
