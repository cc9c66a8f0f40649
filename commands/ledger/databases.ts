import { asUnavailable, sessionSettings } from '@supergraph/postgres/connection.ts'
import type { Variables } from '@supergraph/runtime/environment.ts'
import { codeOf } from '@supergraph/runtime/error-text.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { Client } from 'pg'
import type { z } from 'zod'
import { databaseSettingOf } from '../../embedded/settings.ts'
import type { StatefulName } from '../../services.ts'
import { readDatabaseUrls } from '../database-urls.ts'

const compared = [
  'users',
  'products',
  'orders',
  'notifications',
  'payment-simulator',
] as const satisfies readonly StatefulName[]

/** The URLs of the databases that are compared. */
export type LedgerUrls = Readonly<Record<(typeof compared)[number], string>>

/** A database that can't be read; the message names its setting and what to do. */
export class LedgerUnreadable extends ExpectedError {}

/** Reads from one database; each statement sees one state of it. */
export type Database = {
  /** The rows, each of the given shape. */
  readonly rows: <Row>(
    shape: z.ZodType<Row>,
    sql: string,
    values?: readonly unknown[],
  ) => Promise<readonly Row[]>
}

/** The databases that the settings name, else those of the running `npm start`; throws an EnvironmentError that names what is missing. */
export const readLedgerUrls = (variables: Variables): Promise<LedgerUrls> =>
  readDatabaseUrls('the ledger check', compared, variables)

/** Connects to all databases, only to read them; throws LedgerUnreadable. */
export const openDatabases = (urls: LedgerUrls) =>
  startAll(async use => {
    const open = async (part: keyof LedgerUrls) => use(await openDatabase(part, urls[part]))
    return {
      users: await open('users'),
      products: await open('products'),
      orders: await open('orders'),
      notifications: await open('notifications'),
      'payment-simulator': await open('payment-simulator'),
    }
  })

export type Databases = Readonly<Record<keyof LedgerUrls, Database>>

const statementTimeoutMs = 120_000

const openDatabase = async (part: keyof LedgerUrls, url: string) => {
  const unreadable = (error: unknown) => asUnreadable(part, url, error)
  const client = new Client({
    connectionString: url,
    ...sessionSettings('ledger'),
    statement_timeout: statementTimeoutMs,
  })
  // n.b. without a listener the error would end the process; the next statement fails and reports it
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query(
      'set session characteristics as transaction isolation level repeatable read, read only',
    )
  } catch (error) {
    await client.end().catch(() => undefined)
    throw unreadable(error)
  }
  const rows = async <Row>(shape: z.ZodType<Row>, sql: string, values: readonly unknown[] = []) => {
    const result = await client.query<Record<string, unknown>>(sql, [...values]).catch((error: unknown) => {
      throw unreadable(error)
    })
    return result.rows.map(row => shape.parse(row))
  }
  return { rows, stop: () => client.end() }
}

/** A table or column is missing: the URL is of another service's database, or of an older release. */
const otherSchema = ['42P01', '42703']

const asUnreadable = (part: keyof LedgerUrls, url: string, error: unknown): unknown => {
  const setting = databaseSettingOf(part)
  const cause = { cause: error }
  if (otherSchema.includes(codeOf(error)) && error instanceof Error) {
    return new LedgerUnreadable(
      `${setting} does not name this release's database of its service: ${error.message}`,
      cause,
    )
  }
  const away = asUnavailable(part === 'payment-simulator' ? 'the payment simulator' : part, url, error)
  return away === undefined ? error : new LedgerUnreadable(`${setting}: ${away.message}`, cause)
}
