import { setTimeout as pause } from 'node:timers/promises'
import { codeOf } from '@supergraph/runtime/error-text.ts'
import { Client } from 'pg'
import { ensureCluster } from './embedded/cluster.ts'
import { EmbeddedPostgresError } from './embedded/error.ts'
import { findPostmaster, readPidFile, superuserUrlOf, urlOf } from './embedded/postmaster.ts'
import { locatePrograms } from './embedded/programs.ts'
import { adoptServer, type Server, startServer } from './embedded/server.ts'
import { ensureOwnedDatabase } from './owned-database.ts'

export { EmbeddedPostgresError, readPidFile, urlOf }

/**
 * `password` is the superuser's; without a port, a free one is taken; `durable: false` may lose data in a crash (tests).
 * With `address`, the server listens there too, and not on 127.0.0.1 alone.
 * With `shared`, other processes that say so too may use the server at the same time, and the last of them stops it.
 * `onUnexpectedEnd` is called once when the server ends though `stop` was not called.
 */
export type EmbeddedPostgresOptions = {
  readonly directory: string
  readonly password: string
  readonly port?: number
  readonly address?: string | undefined
  readonly durable?: boolean
  readonly shared?: boolean
  readonly onUnexpectedEnd?: () => void
}

/** A PostgreSQL 18 of this process, on 127.0.0.1; `adopted` when a killed process had left it running. */
type EmbeddedPostgres = {
  readonly port: number
  readonly superuserUrl: string
  readonly adopted: boolean
  /** Makes sure of database `name`, owned by role `name`, the only role that may connect; returns the role's postgres:// URL. */
  readonly ensureDatabase: (name: string, rolePassword: string) => Promise<string>
  readonly stop: () => Promise<void>
}

const claimKey = 7_305_805_642
const claimTimeoutMs = 2_000

/**
 * Starts PostgreSQL on `directory`, which is created when it doesn't exist; one process at a time may use a directory, or
 * several that share it.
 * What a killed process left there (a running server, a pid file, half a directory) is taken over or cleared away.
 * Throws `EmbeddedPostgresError`.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { password, port, address, durable = true, shared = false, onUnexpectedEnd } = options
  const programs = await locatePrograms()
  const directory = await ensureCluster(programs, { directory: options.directory, password, durable })
  const running = await findPostmaster(directory, password)
  const server = running
    ? adoptServer(running, directory, password)
    : await startServer(programs, { directory, port, address, durable }).catch(async (error: unknown) => {
        if (shared && (await findPostmaster(directory, password)) !== undefined) return undefined
        throw error
      })
  // n.b. another process that shares it has started it at the same moment
  if (server === undefined) return startEmbeddedPostgres(options)
  const claim = await claimServer(server, { directory, password, shared, startedByUs: !running })
  // n.b. it was another process's server after all, and has just been stopped
  if (claim === undefined) return startEmbeddedPostgres(options)
  const stop = async () => {
    // n.b. not the claim first: a process that waits for it would take over a server which is about to stop
    if (!shared || (await hasLock(claim, 'alone'))) await server.stop()
    await claim.end()
  }
  if (port !== undefined && port !== server.port) {
    await stop()
    return startEmbeddedPostgres(options)
  }
  const superuserUrl = superuserUrlOf(server.port, password)
  let stopped: Promise<void> | undefined
  claim.once('end', () => {
    if (stopped === undefined) onUnexpectedEnd?.()
  })
  return {
    port: server.port,
    superuserUrl,
    adopted: running !== undefined,
    ensureDatabase: (name, rolePassword) => ensureOwnedDatabase(superuserUrl, name, rolePassword),
    stop: () => {
      stopped ??= stop()
      return stopped
    },
  }
}

type ClaimOptions = {
  readonly directory: string
  readonly password: string
  readonly shared: boolean
  readonly startedByUs: boolean
}

/** n.b. a session's lock tells a left-over server from one in use: the lock ends with the process that holds it. */
async function claimServer(
  server: Server,
  { directory, password, shared, startedByUs }: ClaimOptions,
): Promise<Client | undefined> {
  const session = new Client({
    connectionString: superuserUrlOf(server.port, password),
    application_name: 'embedded',
    keepAlive: true,
  })
  session.on('error', () => {})
  try {
    await session.connect()
    const startedAt = Date.now()
    while (!(await hasLock(session, shared ? 'shared' : 'alone'))) {
      if (Date.now() - startedAt > claimTimeoutMs)
        throw new EmbeddedPostgresError(
          `Another process uses the PostgreSQL data in ${directory}: stop it, or choose another directory.`,
        )
      await pause(50)
    }
    return session
  } catch (error) {
    await session.end().catch(() => {})
    if (error instanceof EmbeddedPostgresError) throw error
    if (!startedByUs) return undefined
    await server.stop()
    if (codeOf(error) !== '28P01') throw error
    throw new EmbeddedPostgresError(
      `The PostgreSQL data in ${directory} was made with another superuser password: give that one, or choose another directory.`,
      { cause: error },
    )
  }
}

const tryLock = { alone: 'pg_try_advisory_lock', shared: 'pg_try_advisory_lock_shared' } as const

/** n.b. a session that shares the lock gets it alone if nobody else shares it */
async function hasLock(session: Client, how: keyof typeof tryLock): Promise<boolean> {
  const { rows } = await session.query<{ granted: boolean }>(`select ${tryLock[how]}($1) as granted`, [
    claimKey,
  ])
  return rows[0]?.granted === true
}
