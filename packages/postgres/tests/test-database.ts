import { randomBytes } from 'node:crypto'
import { currentCaller } from '@supergraph/runtime/caller.ts'
import { escapeIdentifier, escapeLiteral, Pool } from 'pg'
import { urlOf } from '../owned-database.ts'

/** A database of one test suite; `drop` ends the sessions that use it. */
export type TestDatabase = { readonly url: string; readonly drop: () => Promise<void> }

/**
 * Creates an empty database with an owner role of its own on the test run's server (`global-setup.ts`), with the C library's
 * locale if one is named.
 */
export async function createTestDatabase(locale?: string): Promise<TestDatabase> {
  const superuserUrl = process.env.TEST_POSTGRES_URL
  if (!superuserUrl)
    throw new Error('TEST_POSTGRES_URL is not set: list global-setup.ts as a globalSetup of vitest.')
  const superuser = superuserAt(superuserUrl)
  const name = `test_${randomBytes(8).toString('hex')}`
  const password = randomBytes(16).toString('hex')
  const role = escapeIdentifier(name)
  const localized =
    locale === undefined ? '' : `template template0 locale_provider libc locale ${escapeLiteral(locale)}`
  await superuser.query(`create role ${role} login password ${escapeLiteral(password)}`)
  // n.b. The usual strategy writes every page of the template to the log, which takes eight times as much processor time.
  await superuser.query(`create database ${role} owner ${role} ${localized} strategy file_copy`)
  await superuser.query(`revoke connect, temporary on database ${role} from public`)
  return {
    url: urlOf(superuserUrl, name, password),
    drop: async () => {
      await superuser.query(`drop database if exists ${role} with (force)`)
      await superuser.query(`drop role if exists ${role}`)
    },
  }
}

/**
 * Copies a test database as it is now, and ends the sessions that use it. `restore` puts the copy in its place, as often as it is
 * called.
 */
export async function copyTestDatabase(url: string): Promise<{
  readonly restore: () => Promise<void>
  readonly drop: () => Promise<void>
}> {
  const superuser = superuserAt(process.env.TEST_POSTGRES_URL ?? '')
  const name = new URL(url).pathname.slice(1)
  const copyName = `${name}_${randomBytes(4).toString('hex')}`
  const [original, copy] = [escapeIdentifier(name), escapeIdentifier(copyName)]
  await superuser.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name])
  await superuser.query(`create database ${copy} template ${original} strategy file_copy`)
  return {
    restore: async () => {
      await superuser.query(`drop database ${original} with (force)`)
      await superuser.query(
        `create database ${original} owner ${original} template ${copy} strategy file_copy`,
      )
      await superuser.query(`revoke connect, temporary on database ${original} from public`)
    },
    drop: async () => void (await superuser.query(`drop database if exists ${copy} with (force)`)),
  }
}

const superusers = new Map<string, Pool>()

/** The superuser's session, which the suites of a process share: opening one costs more than to create a database. */
const superuserAt = (connectionString: string): Pool => {
  const known = superusers.get(connectionString)
  if (known !== undefined) return known
  const options = { max: 1, allowExitOnIdle: true, connectionTimeoutMillis: 30_000 }
  // n.b. The server may end the session: the pool reports it here, and opens another one for the next statement.
  const opened = new Pool({ connectionString, ...options }).on('error', () => {})
  superusers.set(connectionString, opened)
  return opened
}

/** Counts the statements that pass through `onQuery` of `openDatabase`, without those that only control transactions. */
export function countQueries() {
  let seen: readonly string[] = []
  return {
    onQuery: (sql: string): void => {
      if (!transactionControl.test(sql)) seen = [...seen, sql]
    },
    count: (): number => seen.length,
    statements: (): readonly string[] => seen,
    reset: (): void => {
      seen = []
    },
  }
}

/** Counts the statements of requests alone: what goes on in the background asks now and then, too. */
export function countRequestQueries() {
  const queries = countQueries()
  const onQuery = (sql: string): void => {
    if (currentCaller() !== undefined) queries.onQuery(sql)
  }
  return { ...queries, onQuery }
}

const transactionControl =
  /^\s*(begin|start transaction|set transaction|commit|rollback|savepoint|release)\b/i
