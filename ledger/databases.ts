import { boundedQuery } from '@supergraph/postgres/bounded-query.ts'
import { asUnavailable, connectionSettings, waitLimits } from '@supergraph/postgres/connection.ts'
import { codeOf } from '@supergraph/runtime/error-text.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { Pool } from 'pg'
import type { z } from 'zod'

/** The services whose databases are compared. */
export const ledgerParts = ['users', 'products', 'orders', 'notifications', 'payment-simulator'] as const

export type LedgerPart = (typeof ledgerParts)[number]

/** The settings that name the databases. */
export const ledgerSettings = {
  users: 'USERS_DATABASE_URL',
  products: 'PRODUCTS_DATABASE_URL',
  orders: 'ORDERS_DATABASE_URL',
  notifications: 'NOTIFICATIONS_DATABASE_URL',
  'payment-simulator': 'PAYMENT_SIMULATOR_DATABASE_URL',
} as const satisfies Readonly<Record<LedgerPart, string>>

/** The URLs of the databases that are compared. */
export type LedgerUrls = Readonly<Record<LedgerPart, string>>

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

/**
 * Reads all databases and changes nothing, by one session each, which is opened when it is needed; a read throws
 * LedgerUnreadable.
 */
export const openDatabases = (urls: LedgerUrls) =>
  startAll(async use => {
    const open = (part: LedgerPart) => use(openDatabase(part, urls[part]))
    return {
      users: open('users'),
      products: open('products'),
      orders: open('orders'),
      notifications: open('notifications'),
      'payment-simulator': open('payment-simulator'),
    }
  })

export type Databases = Readonly<Record<LedgerPart, Database>>

const readOnly = {
  begin: 'start transaction isolation level repeatable read, read only',
  limits: { ...waitLimits, statement_timeout: 120_000 },
}
const idleMs = 10_000

const openDatabase = (part: LedgerPart, url: string) => {
  const pool = new Pool({
    connectionString: url,
    ...connectionSettings('ledger'),
    max: 1,
    idleTimeoutMillis: idleMs,
  })
  // n.b. without a listener the error would end the process; the next statement opens another session
  pool.on('error', () => {})
  const rows = async <Row>(shape: z.ZodType<Row>, sql: string, values: readonly unknown[] = []) => {
    const result = await boundedQuery<Record<string, unknown>>(pool, sql, values, readOnly).catch(
      (error: unknown) => {
        throw asUnreadable(part, url, error)
      },
    )
    return result.rows.map(row => shape.parse(row))
  }
  return { rows, stop: () => pool.end() }
}

/** A table or column is missing: the URL is of another service's database, or of an older release. */
const otherSchema = ['42P01', '42703']

const asUnreadable = (part: LedgerPart, url: string, error: unknown): unknown => {
  const setting = ledgerSettings[part]
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
