import { randomInt } from 'node:crypto'
import { throwIfNobodyWaits } from '@supergraph/runtime/caller.ts'
import { codeOf, messageOf } from '@supergraph/runtime/error-text.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { DataSource, type EntitySchema, type Logger, type QueryRunner } from 'typeorm'
import { z } from 'zod'
import { ServiceClient } from './client.ts'
import {
  addressOf,
  asUnavailable,
  connectionSettings,
  DatabaseUnavailable,
  waitLimits,
} from './connection.ts'
import { takeTurns } from './fair-waiting.ts'
import { migrate } from './migrate.ts'
import { watchPool } from './pool-metrics.ts'
import { assertKeepsSession, examinePooler, isPooled, losesSessions, type Pooler } from './pooler.ts'
import { ensureRoleSettings, type RoleSettings } from './role-settings.ts'
import { traceWaits } from './statement-span.ts'
import { rows } from './statements.ts'

/**
 * A migration class whose name ends in a 13-digit timestamp in ms: `CreateOrders1760000000000`. A migration has no
 * `down`: what a release changed, only a later migration changes again.
 */
export type Migration = new () => { readonly name?: string; up(runner: QueryRunner): Promise<void> }

/** A database; `stop` closes its connections. */
export type Database = DataSource &
  Running & {
    /** The URL for connections that must keep their session, as LISTEN does. */
    readonly sessionUrl: string
    /** What stands between this process and PostgreSQL, if anything does. */
    readonly pooler: Pooler | undefined
  }

/** The database of a service. `background` is the same one, with connections that no request can hold. */
export type ServiceDatabase = Database & { readonly background: DataSource }

/** What a database is opened with; `poolSize` is the number of connections at most (10). */
export type DatabaseOptions = {
  readonly service: string
  readonly url: string
  /** The URL of PostgreSQL itself, for migrations and LISTEN, if `url` is that of a pooler. */
  readonly directUrl?: string | undefined
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

/**
 * Connects with bounded waiting and brings the schema up to date; pending migrations run in the order of the
 * timestamp that ends their name, one transaction each, one process at a time. `onQuery` sees each statement's text.
 * Throws `DatabaseUnavailable`, or an Error that names the failure of a migration.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { service, url, directUrl } = options
  if (!URL.canParse(url))
    throw new DatabaseUnavailable(
      `The database URL of ${service} is unreadable: write postgres://role:password@host:port/database.`,
    )
  const { database, pooler } = await connect(options).catch((error: unknown) => {
    throw asNamed(service, url, error)
  })
  try {
    takeTurns(database)
    if (directUrl === undefined) await migrate(database)
    else await migrateDirectly(database, directUrl, options)
    const stop = () => database.destroy()
    return Object.assign(database, { sessionUrl: directUrl ?? url, pooler, stop })
  } catch (error) {
    await database.destroy()
    throw asNamed(service, url, error)
  }
}

const asNamed = (service: string, url: string, error: unknown): unknown =>
  error instanceof DatabaseUnavailable
    ? error
    : (asUnavailable(service, url, error) ??
      new Error(`The database of ${service} could not be brought up to date: ${messageOf(error)}`, {
        cause: error,
      }))

/** n.b. A pooler refuses the limits that a connection asks for when it opens, or drops them: the role has to have them. */
async function connect(
  options: DatabaseOptions,
): Promise<{ readonly database: DataSource; readonly pooler: Pooler | undefined }> {
  const { service, url, directUrl, keepsIndexOrder } = options
  const direct = createDataSource(options)
  try {
    await direct.initialize()
    if (!(await leadsToPooler(direct))) return { database: direct, pooler: undefined }
  } catch (error) {
    if (direct.isInitialized) await direct.destroy()
    if (!refusesSettings.has(codeOf(error))) throw error
  }
  if (direct.isInitialized) await direct.destroy()
  const pooler = await examinePooler(url)
  if (directUrl === undefined && !pooler.keepsSessions)
    throw new DatabaseUnavailable(losesSessions(service, url))
  await ensureRoleSettings(service, url, roleSettings(keepsIndexOrder))
  const database = createDataSource(options, pooler)
  await database.initialize()
  return { database, pooler }
}

const refusesSettings: ReadonlySet<string> = new Set(['08P01', '0A000'])

const leadsToPooler = async (database: DataSource): Promise<boolean> => {
  const runner = database.createQueryRunner()
  try {
    return await isPooled(await runner.connect())
  } finally {
    await runner.release()
  }
}

/** Runs the migrations over the URL of PostgreSQL itself; throws if it does not lead to the same database. */
async function migrateDirectly(
  database: DataSource,
  directUrl: string,
  options: DatabaseOptions,
): Promise<void> {
  const owner = `${options.service} by DATABASE_DIRECT_URL`
  const session = createDataSource(
    { ...options, url: directUrl },
    { keepsSessions: true, keepsStatements: true },
  )
  try {
    await session.initialize()
    const runner = session.createQueryRunner()
    await assertKeepsSession(await runner.connect(), owner, directUrl).finally(() => runner.release())
    if (!(await isSameDatabase(database, session)))
      throw new DatabaseUnavailable(
        `DATABASE_DIRECT_URL of ${options.service} leads to ${addressOf(directUrl)}, which is not the database that DATABASE_URL leads to, by ${addressOf(options.url)}: correct one of them.`,
      )
    await migrate(session)
  } catch (error) {
    throw asNamed(owner, directUrl, error)
  } finally {
    if (session.isInitialized) await session.destroy()
  }
}

/** n.b. Names tell nothing, since a pooler may give a database another one. What is locked in one is locked in the same. */
const isSameDatabase = (one: DataSource, other: DataSource): Promise<boolean> =>
  one.transaction(async manager => {
    const key = randomInt(maxKey)
    await manager.query('select pg_advisory_xact_lock($1)', [key])
    const [lock] = await rows(other, lockRow, 'select pg_try_advisory_xact_lock($1) as "isFree"', [key])
    return lock?.isFree === false
  })

const maxKey = 2 ** 47
const lockRow = z.object({ isFree: z.boolean() })

/** Opens a database as `openDatabase` does, with 5 connections besides for what must go on while requests wait. */
export async function openServiceDatabase(options: DatabaseOptions): Promise<ServiceDatabase> {
  const database = await openDatabase(options)
  const background = createDataSource(
    { ...options, service: `${options.service} background`, poolSize: backgroundPoolSize },
    database.pooler,
  )
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

const createDataSource = (
  { service, url, tables, migrations, poolSize = 10, keepsIndexOrder = false, onQuery }: DatabaseOptions,
  pooler?: Pooler,
) =>
  traceWaits(
    new DataSource({
      type: 'postgres',
      url: keepsIndexOrder && pooler === undefined ? inIndexOrder(url) : url,
      entities: [...tables],
      migrations: [...migrations],
      migrationsTableName: 'migrations',
      poolSize,
      synchronize: false,
      installExtensions: false,
      logger: statementLogger(onQuery),
      connectTimeoutMS: connectionSettings(service).connectionTimeoutMillis,
      // n.b. the pool has already discarded the broken connection and opens another on demand
      poolErrorHandler: () => {},
      extra: {
        ...connectionSettings(service),
        ...(pooler === undefined && waitLimits),
        Client: ServiceClient,
        keepsStatements: pooler?.keepsStatements,
      },
    }),
    service,
  )

const roleSettings = (keepsIndexOrder = false): RoleSettings => ({
  ...Object.fromEntries(Object.entries(waitLimits).map(([name, ms]) => [name, String(ms)])),
  ...(keepsIndexOrder && { enable_bitmapscan: 'off' }),
})

/** n.b. in the URL: pg would take its lack of options for none. */
const inIndexOrder = (url: string): string => {
  const ordered = new URL(url)
  const given = ordered.searchParams.get('options')
  ordered.searchParams.set('options', `${given === null ? '' : `${given} `}-c enable_bitmapscan=off`)
  return ordered.href
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
