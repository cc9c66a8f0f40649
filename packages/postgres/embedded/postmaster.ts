import { readFileSync } from 'node:fs'
import { readFile, readlink, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { codeOf } from '@supergraph/runtime/error-text.ts'
import { Client } from 'pg'
import { EmbeddedPostgresError } from './error.ts'

/** A live server process and the port it listens on. */
export type Postmaster = { readonly pid: number; readonly port: number }

type ProbeResult = 'ours' | 'other' | 'silent' | 'unsettled' | 'refuses the password'

const settleTimeoutMs = 60_000
const silenceMs = 3_000
const pollMs = 50

/**
 * The server that runs on this data directory (a real path), if any; waits for one that is starting up or shutting
 * down, and removes the pid file that a dead one left. Throws `EmbeddedPostgresError`.
 */
export async function findPostmaster(directory: string, password: string): Promise<Postmaster | undefined> {
  const startedAt = Date.now()
  while (Date.now() - startedAt < settleTimeoutMs) {
    const found = await readPidFile(directory)
    if (found === undefined) return undefined
    const finding = await inspect(found, password, directory)
    if (finding === 'ours') return found
    if (finding === 'stale' || (finding === 'silent' && Date.now() - startedAt > silenceMs)) {
      await discardPidFile(directory, found.pid)
      return undefined
    }
    await pause(pollMs)
  }
  throw new EmbeddedPostgresError(
    `The PostgreSQL server on ${directory} has been starting up or shutting down for ${settleTimeoutMs / 1000} s: stop it, then start again.`,
  )
}

/** Waits until the process is gone. */
export async function waitForExit(pid: number): Promise<void> {
  while (isAlive(pid)) await pause(pollMs)
}

/** Whether a process with this pid runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
  // n.b. if nobody reaps orphans (in a container without an init), a dead process answers signals as a zombie
  return process.platform !== 'linux' || !isZombie(pid)
}

function isZombie(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

/** What the pid file of a data directory says of a server, which may have died since; undefined if there is no file. */
export async function readPidFile(directory: string): Promise<Postmaster | undefined> {
  try {
    const lines = (await readFile(join(directory, 'postmaster.pid'), 'utf8')).split('\n')
    return { pid: Number(lines[0]), port: Number(lines[3]) }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

async function inspect(
  found: Postmaster,
  password: string,
  directory: string,
): Promise<'ours' | 'stale' | 'silent' | 'unsettled'> {
  if (!isAlive(found.pid)) return 'stale'
  const workingDirectory = await workingDirectoryOf(found.pid)
  if (workingDirectory !== undefined && workingDirectory !== directory) return 'stale'
  const answer = await ask(found.port, password, directory)
  if (answer === 'refuses the password')
    throw new EmbeddedPostgresError(
      `A PostgreSQL server (pid ${found.pid}) runs on ${directory} and refuses the superuser's password: stop it, or start with the password that the directory was made with.`,
    )
  if (answer === 'other') return 'stale'
  return answer === 'silent' && workingDirectory !== undefined ? 'unsettled' : answer
}

/** n.b. PostgreSQL refuses to start while the pid in its file answers signals, whatever program that is by now. */
async function discardPidFile(directory: string, pid: number): Promise<void> {
  const now = await readPidFile(directory)
  if (now?.pid === pid) await rm(join(directory, 'postmaster.pid'), { force: true })
}

/** n.b. a server works in its data directory; only Linux tells, and only of processes that we may inspect. */
async function workingDirectoryOf(pid: number): Promise<string | undefined> {
  try {
    return await readlink(`/proc/${pid}/cwd`)
  } catch {
    return undefined
  }
}

async function ask(port: number, password: string, directory: string): Promise<ProbeResult> {
  if (!(port > 0)) return 'silent'
  const session = new Client({
    connectionString: superuserUrlOf(port, password),
    connectionTimeoutMillis: 2_000,
  })
  session.on('error', () => {})
  try {
    await session.connect()
    const { rows } = await session.query<{ data_directory: string }>('show data_directory')
    return (await realpath(rows[0]?.data_directory ?? '')) === directory ? 'ours' : 'other'
  } catch (error) {
    if (codeOf(error) === '28P01') return 'refuses the password'
    return codeOf(error) === 'ECONNREFUSED' ? 'silent' : 'unsettled'
  } finally {
    await session.end().catch(() => {})
  }
}

/** Where the superuser finds a server of ours on this port. */
export const superuserUrlOf = (port: number, password: string): string => urlOf(port, 'postgres', password)

/** Where the role of this name finds the database of this name on a server of ours on this port. */
export const urlOf = (port: number, name: string, password: string): string =>
  `postgres://${name}:${encodeURIComponent(password)}@127.0.0.1:${port}/${name}?${ownSettings}`

// n.b. pg takes what a URL leaves open from PGSSLMODE, PGOPTIONS and the like, which are meant for another server. A blank
// counts as given, and an empty text does not.
const ownSettings = new URLSearchParams({ sslmode: 'disable', sslnegotiation: 'postgres', options: ' ' })
