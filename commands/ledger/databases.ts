import { asUnavailable, sessionSettings } from '@supergraph/postgres/connection.ts'
import { databaseUrl, parseEnvironment, type Variables } from '@supergraph/runtime/environment.ts'
import { codeOf } from '@supergraph/runtime/error-text.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { Client } from 'pg'
import { z } from 'zod'
import { embeddedDatabaseUrl } from '../../embedded/data-directory.ts'
import { databaseSettingOf, readSettings } from '../../embedded/settings.ts'
import { statefulNames } from '../../services.ts'

/** The URLs of the databases that are compared. */
export type LedgerUrls = {
  readonly users: string
  readonly products: string
  readonly orders: string
  readonly notifications: string
  readonly 'payment-simulator': string
}

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

const settingOf = {
  users: 'USERS_DATABASE_URL',
  products: 'PRODUCTS_DATABASE_URL',
  orders: 'ORDERS_DATABASE_URL',
  notifications: 'NOTIFICATIONS_DATABASE_URL',
  'payment-simulator': 'PAYMENT_SIMULATOR_DATABASE_URL',
} as const satisfies Record<keyof LedgerUrls, string>

/** The databases that the settings name, else those of the running `npm start`; throws an EnvironmentError that names what is missing. */
export const readLedgerUrls = async (variables: Variables): Promise<LedgerUrls> => {
  const { DATA_DIR } = readSettings(variables)
  const known = await Promise.all(
    statefulNames().map(async service => {
      const setting = databaseSettingOf(service)
      return [setting, variables[setting] || (await embeddedDatabaseUrl(DATA_DIR, service))] as const
    }),
  )
  const isComplete = known.every(([, url]) => url !== undefined)
  const command = isComplete ? 'the ledger check' : 'without a running npm start, the ledger check'
  const urls = parseEnvironment(command, urlVariables, Object.fromEntries(known))
  return {
    users: urls.USERS_DATABASE_URL,
    products: urls.PRODUCTS_DATABASE_URL,
    orders: urls.ORDERS_DATABASE_URL,
    notifications: urls.NOTIFICATIONS_DATABASE_URL,
    'payment-simulator': urls.PAYMENT_SIMULATOR_DATABASE_URL,
  }
}

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

const urlVariables = z.object({
  USERS_DATABASE_URL: databaseUrl('users'),
  PRODUCTS_DATABASE_URL: databaseUrl('products'),
  ORDERS_DATABASE_URL: databaseUrl('orders'),
  NOTIFICATIONS_DATABASE_URL: databaseUrl('notifications'),
  PAYMENT_SIMULATOR_DATABASE_URL: databaseUrl('payment_simulator'),
})

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
  const setting = settingOf[part]
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
