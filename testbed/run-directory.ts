import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive } from '@supergraph/postgres/embedded/postmaster.ts'
import { startEmbeddedPostgres } from '@supergraph/postgres/embedded.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'

/** A temporary directory for one run; `stop` removes it. */
export type RunDirectory = Running & {
  readonly path: string
  readonly postgresDirectory: string
  readonly postgresPassword: string
  readonly mailDirectory: string
}

const prefix = 'supergraph-run-'

/** Makes a run's directory. First it removes the directories of runs that were killed, and stops the servers in them. */
export const openRunDirectory = async (): Promise<RunDirectory> => {
  await removeLeftOvers()
  const directory = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`))
  const password = randomBytes(16).toString('hex')
  await writeFile(join(directory, 'password'), password, { mode: 0o600 })
  return {
    path: directory,
    postgresDirectory: join(directory, 'postgres'),
    postgresPassword: password,
    mailDirectory: join(directory, 'mail'),
    stop: () => rm(directory, { recursive: true, force: true }),
  }
}

const removeLeftOvers = async (): Promise<void> => {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(prefix)) continue
    const pid = Number(name.slice(prefix.length).split('-')[0])
    // n.b. Another run that starts now may be removing the same directory.
    if (pid > 0 && !isAlive(pid)) await removeLeftOver(join(tmpdir(), name)).catch(() => {})
  }
}

const removeLeftOver = async (directory: string): Promise<void> => {
  const password = await readFile(join(directory, 'password'), 'utf8')
  const leftOver = await startEmbeddedPostgres({ directory: join(directory, 'postgres'), password })
  await leftOver.stop()
  await rm(directory, { recursive: true, force: true })
}
