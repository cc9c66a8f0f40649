import { mkdir, mkdtemp, readdir, readFile, realpath, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { codeOf } from '@supergraph/runtime/error-text.ts'
import { EmbeddedPostgresError, logTail, useOwnServer } from './error.ts'
import { isAlive } from './postmaster.ts'
import type { Programs } from './programs.ts'

/** What a new data directory is made with: the superuser's password, and whether to flush it to disk. */
type ClusterOptions = {
  readonly directory: string
  readonly password: string
  readonly durable: boolean
}

const majorVersion = '18'

/** Makes the data directory unless it exists, wholly or not at all, and returns its real path; throws `EmbeddedPostgresError`. */
export async function ensureCluster(programs: Programs, options: ClusterOptions): Promise<string> {
  const directory = resolve(options.directory)
  try {
    const version = await versionOf(directory)
    if (version === undefined) await createCluster(programs, { ...options, directory })
    else if (version !== majorVersion)
      throw new EmbeddedPostgresError(
        `${directory} holds data of PostgreSQL ${version}, and this is ${majorVersion}: move it away and start again, or ${useOwnServer}.`,
      )
    return await realpath(directory)
  } catch (cause) {
    if (!['EACCES', 'EPERM', 'EROFS', 'ENOTDIR'].includes(codeOf(cause))) throw cause
    throw new EmbeddedPostgresError(
      `The data directory ${directory} can not be written: give this user the right to, or choose another directory.`,
      { cause },
    )
  }
}

/** n.b. made in a folder beside and renamed, so that a killed process leaves no half cluster. */
async function createCluster(programs: Programs, options: ClusterOptions): Promise<void> {
  const { directory } = options
  await mkdir(dirname(directory), { recursive: true })
  await removeAbandoned(directory)
  await requireVacant(directory)
  const workshop = await mkdtemp(`${directory}.init-${process.pid}-`)
  try {
    const passwordFile = join(workshop, 'password')
    await writeFile(passwordFile, `${options.password}\n`, { mode: 0o600 })
    await runInitdb(programs, join(workshop, 'data'), passwordFile, options.durable)
    await moveInto(directory, join(workshop, 'data'))
  } finally {
    await rm(workshop, { recursive: true, force: true })
  }
}

async function runInitdb(
  programs: Programs,
  directory: string,
  passwordFile: string,
  durable: boolean,
): Promise<void> {
  const flags = [
    ...['-D', directory, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`],
    ...['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    ...(durable ? [] : ['--no-sync']),
  ]
  const child = programs.spawn('initdb', flags, { stdio: ['ignore', 'ignore', 'pipe'] })
  const exited = new Promise<number | null>((done, fail) => child.once('error', fail).once('exit', done))
  const [log, exitCode] = await Promise.all([child.stderr === null ? '' : text(child.stderr), exited])
  if (exitCode !== 0)
    throw new EmbeddedPostgresError(
      `initdb could not make the data directory in ${dirname(directory)} (exit code ${exitCode}): see the cause, or ${useOwnServer}.`,
      { cause: logTail(log) },
    )
}

async function moveInto(directory: string, made: string): Promise<void> {
  try {
    await rename(made, directory)
  } catch (error) {
    // n.b. another process may have made the same cluster meanwhile: then that one is used
    if ((await versionOf(directory)) === undefined) throw error
  }
}

async function removeAbandoned(directory: string): Promise<void> {
  const prefix = `${basename(directory)}.init-`
  for (const entry of await readdir(dirname(directory))) {
    const pid = entry.startsWith(prefix) ? Number.parseInt(entry.slice(prefix.length), 10) : Number.NaN
    if (pid > 0 && !isAlive(pid)) await rm(join(dirname(directory), entry), { recursive: true, force: true })
  }
}

async function requireVacant(directory: string): Promise<void> {
  try {
    await rmdir(directory)
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return
    if (codeOf(cause) !== 'ENOTEMPTY' && codeOf(cause) !== 'EEXIST') throw cause
    if ((await versionOf(directory)) !== undefined) return
    throw new EmbeddedPostgresError(
      `${directory} holds files that are no PostgreSQL data: choose another directory, or empty it.`,
      { cause },
    )
  }
}

async function versionOf(directory: string): Promise<string | undefined> {
  try {
    return (await readFile(join(directory, 'PG_VERSION'), 'utf8')).trim()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}
