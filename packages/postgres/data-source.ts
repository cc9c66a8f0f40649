import { throwIfNobodyWaits } from '@supergraph/runtime/caller.ts'
import { codeOf, messageOf } from '@supergraph/runtime/error-text.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { DataSource, type EntitySchema, type Logger, MigrationExecutor, type QueryRunner } from 'typeorm'
import { ServiceClient } from './client.ts'
import { asUnavailable, DatabaseUnavailable, sessionSettings } from './connection.ts'
import { takeTurns } from './fair-waiting.ts'
import { watchPool } from './pool-metrics.ts'
import { traceWaits } from './statement-span.ts'

/**
 * A migration class whose name ends in a 13-digit timestamp in ms: `CreateOrders1760000000000`. A migration has no
 * `down`: what a release changed, only a later migration changes again.
 */
export type Migration = new () => { readonly name?: string; up(runner: QueryRunner): Promise<void> }

/** A database; `stop` closes its connections. */
export type Database = DataSource & Running

/** The database of a service. `background` is the same one, with connections that no request can hold. */
export type ServiceDatabase = Database & { readonly background: DataSource }

/** What a database is opened with; `poolSize` is the number of connections at most (10). */
export type DatabaseOptions = {
  readonly service: string
  readonly url: string
  readonly tables: readonly EntitySchema[]
  readonly migrations: readonly Migration[]
  readonly poolSize?: number
  /**
   * Whether rows are looked for in the order of an index alone, and not by a bitmap of several. n.b. For a list that many
   * owners have, the planner counts with the rows of an average owner, and would sort all rows of a large one for a page.
   */
  readonly keepsIndexOrder?: boolean
  readonly onQuery?: ((sql: string) => void) | undefined
}

const backgroundPoolSize = 5
const migrationKey = 7_305_805_641
const migrationTurnTimeoutMs = 60_000
const migrationTryMs = 200
const lockNotAvailable = '55P03'

/**
 * Connects with bounded waiting and brings the schema up to date; pending migrations run in the order of the
 * timestamp that ends their name, one transaction each, one process at a time. `onQuery` sees each statement's text.
 * Throws `DatabaseUnavailable`, or an Error that names the failure of a migration.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { service, url } = options
  if (!URL.canParse(url))
    throw new DatabaseUnavailable(
      `The database URL of ${service} is unreadable: write postgres://role:password@host:port/database.`,
    )
  const database = createDataSource(options)
  try {
    await database.initialize()
    takeTurns(database)
    await migrate(database)
    return Object.assign(database, { stop: () => database.destroy() })
  } catch (error) {
    if (database.isInitialized) await database.destroy()
    throw (
      asUnavailable(service, url, error) ??
      new Error(`The database of ${service} could not be brought up to date: ${messageOf(error)}`, {
        cause: error,
      })
    )
  }
}

/** Opens a database as `openDatabase` does, with 5 connections besides for what must go on while requests wait. */
export async function openServiceDatabase(options: DatabaseOptions): Promise<ServiceDatabase> {
  const database = await openDatabase(options)
  const background = createDataSource({
    ...options,
    service: `${options.service} background`,
    poolSize: backgroundPoolSize,
  })
  const close = database.destroy.bind(database)
  const watching = [
    watchPool(options.service, database),
    watchPool(`${options.service} background`, background),
  ]
  // n.b. connections that stay open keep the process of a command alive for 10 s
  const destroy = async () => {
    for (const watched of watching) await watched.stop()
    if (background.isInitialized) await background.destroy()
    await close()
  }
  try {
    await background.initialize()
    return Object.assign(database, { background, destroy })
  } catch (error) {
    await destroy()
    throw asUnavailable(options.service, options.url, error) ?? error
  }
}

const createDataSource = ({
  service,
  url,
  tables,
  migrations,
  poolSize = 10,
  keepsIndexOrder = false,
  onQuery,
}: DatabaseOptions) =>
  traceWaits(
    new DataSource({
      type: 'postgres',
      url: keepsIndexOrder ? inIndexOrder(url) : url,
      entities: [...tables],
      migrations: [...migrations],
      migrationsTableName: 'migrations',
      poolSize,
      synchronize: false,
      installExtensions: false,
      logger: statementLogger(onQuery),
      connectTimeoutMS: sessionSettings(service).connectionTimeoutMillis,
      // n.b. the pool has already discarded the broken connection and opens another on demand
      poolErrorHandler: () => {},
      extra: { ...sessionSettings(service), Client: ServiceClient },
    }),
    service,
  )

/** n.b. in the URL: pg would take its lack of options for none. */
const inIndexOrder = (url: string): string => {
  const ordered = new URL(url)
  const given = ordered.searchParams.get('options')
  ordered.searchParams.set('options', `${given === null ? '' : `${given} `}-c enable_bitmapscan=off`)
  return ordered.href
}

/** n.b. everything runs on one session, so that a lost connection also gives the turn to the next process. */
async function migrate(database: DataSource): Promise<void> {
  const session = database.createQueryRunner()
  try {
    await session.query('set statement_timeout = 0')
    await takeTurn(session)
    await session.query('reset lock_timeout')
    const executor = new MigrationExecutor(database, session)
    executor.transaction = 'each'
    await executor.executePendingMigrations()
    await session.query('select pg_advisory_unlock($1)', [migrationKey])
    await session.query('reset statement_timeout')
  } finally {
    await session.release()
  }
}

/** n.b. a process that waits in one statement would be waited for by an index that is created concurrently, for ever. */
const takeTurn = async (session: QueryRunner): Promise<void> => {
  await session.query(`set lock_timeout = ${migrationTryMs}`)
  for (const endsAtMs = Date.now() + migrationTurnTimeoutMs; ; ) {
    try {
      await session.query('select pg_advisory_lock($1)', [migrationKey])
      return
    } catch (error) {
      if (codeOf(error) !== lockNotAvailable || Date.now() > endsAtMs) throw error
    }
  }
}

const endsTransaction = /^(commit|rollback)/i

const statementLogger = (onQuery: (sql: string) => void = () => {}): Logger => ({
  // n.b. called once the statement has its connection; what it throws, the statement throws, and it is not sent
  logQuery: sql => {
    if (!endsTransaction.test(sql)) throwIfNobodyWaits()
    onQuery(sql)
  },
  logQueryError: () => {},
  logQuerySlow: () => {},
  logSchemaBuild: () => {},
  logMigration: () => {},
  log: () => {},
})
