import { codeOf, messageOf } from '@supergraph/runtime/error-text.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import type { ClientConfig } from 'pg'

/** The database can't be used now; the one-line message names host:port/database (never the password) and what to do. */
export class DatabaseUnavailable extends ExpectedError {
  override readonly name = 'DatabaseUnavailable'
}

/** The `pg` settings of every connection: a name in `pg_stat_activity`, and what notices that the server is away. */
export const connectionSettings = (service: string) =>
  ({
    application_name: service,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  }) satisfies ClientConfig

/** The limit on each kind of waiting, in ms, by the names of PostgreSQL. */
export const waitLimits = {
  statement_timeout: 15_000,
  lock_timeout: 5_000,
  idle_in_transaction_session_timeout: 30_000,
} as const satisfies ClientConfig

/** Statements, joined by `; `, that set the limits for a session or, with `local`, for a transaction. */
export const setLimits = (limits: Readonly<Record<string, number>>, how: 'session' | 'local'): string =>
  Object.entries(limits)
    .map(([name, ms]) => `set ${how} ${name} = ${ms}`)
    .join('; ')

/** The error as `DatabaseUnavailable` when it says that the server can't be reached or won't serve us; otherwise undefined. */
export function asUnavailable(service: string, url: string, error: unknown): DatabaseUnavailable | undefined {
  const advice = adviceFor(error)
  return advice === undefined
    ? undefined
    : new DatabaseUnavailable(`The database of ${service} at ${addressOf(url)} ${advice}`, { cause: error })
}

/** Whether the database itself failed (away, refusing, full, too busy or too slow), whatever it was asked. */
export const isUnavailable = (error: unknown): boolean =>
  adviceFor(error) !== undefined || /^(53\w{3}|57\w{3}|25006)$/.test(codeOf(error)) || isInRecovery(error)

const awayCodes =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|08\w{3}|53\w{3}|57\w{3}|55P03|25006)$/
// n.b. pg and TypeORM report timeouts and lost connections with a message and no code
const lostWithoutCode =
  /^(timeout (exceeded|expired)|Connection terminated|Client (has encountered|was closed)|Query runner already released)/
const readTimeout = 'Query read timeout'

/**
 * Whether the server can not be reached, broke off, or has no room or no time for the request. Unlike `isUnavailable` it
 * leaves out what only a person can correct, such as a missing right, and system errors that are not about a connection.
 */
export const isAway = (error: unknown): boolean => {
  const code = codeOf(error)
  if (code !== '' || !(error instanceof Error)) return awayCodes.test(code) || isInRecovery(error)
  return error.message === readTimeout || lostWithoutCode.test(error.message)
}

/** Whether a standby can't give this to read. n.b. PostgreSQL has the code for much that it does not support. */
const isInRecovery = (error: unknown): boolean =>
  codeOf(error) === '0A000' && /during recovery/.test(messageOf(error))

const adviceByCode: Readonly<Record<string, string>> = {
  '28P01': 'refuses the role or its password: correct the database URL.',
  '28000': 'refuses the role: correct the database URL, or allow the role in pg_hba.conf.',
  '3D000': 'does not exist on that server: create the database, or correct the database URL.',
  '42501': 'denies the role a right it needs: make the role the owner of the database.',
  '53300': 'has no connection left: raise max_connections, or lower the pool sizes.',
  '55P03': 'is blocked by a lock that another session holds: end that session, then start again.',
  '57P01': 'was shut down while in use: start PostgreSQL, then start again.',
  '57P03': 'is starting up or shutting down: wait until it accepts connections, then start again.',
}

const unreachable = 'can not be reached: start PostgreSQL there, or correct the database URL.'

function adviceFor(error: unknown): string | undefined {
  const code = codeOf(error)
  if (error instanceof Error && error.message === 'The server does not support SSL connections')
    return 'takes no TLS, which sslmode in the database URL or PGSSLMODE asks for: put sslmode=disable into the URL, or switch TLS on there.'
  if (code === '08P01' && /startup parameter/.test(messageOf(error)))
    return `is behind a pooler that says "${messageOf(error)}": take that out of the database URL and of PGOPTIONS, or have the pooler ignore it (ignore_startup_parameters).`
  if (messageOf(error) === readTimeout || (code === '08P01' && /query_wait_timeout/.test(messageOf(error))))
    return 'is behind a pooler that had no session left for a connection: let it have more of them (default_pool_size).'
  if (code === '08P01' && /statement pooling/.test(messageOf(error)))
    return 'is behind a pooler that allows no transactions: let it pool by transaction (pool_mode=transaction).'
  if (/CERT|^UNABLE_TO_/.test(code))
    return `shows a TLS certificate that is not trusted (${code}): name its authority with sslrootcert in the database URL, or correct the certificate.`
  if (/^(E[A-Z]+|EAI_AGAIN|08\w{3})$/.test(code)) return unreachable
  if (code === '' && error instanceof Error && lostWithoutCode.test(error.message)) return unreachable
  return adviceByCode[code]
}

/** `host:port/database`, without role and password. */
export function addressOf(url: string): string {
  if (!URL.canParse(url)) return 'an unreadable URL'
  const { hostname, port, pathname, searchParams } = new URL(url)
  const host = hostname || searchParams.get('host') || 'localhost'
  return `${host}:${port || '5432'}${pathname}`
}
