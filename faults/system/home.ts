import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '@supergraph/postgres/embedded.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'

/** A run's folder of its own, gone once it stops. */
export type Home = Running & {
  readonly postgresDirectory: string
  readonly postgresPassword: string
  readonly mailDirectory: string
}

/** Makes a run's folder; those of runs that were killed are removed first, and the servers stopped that they left behind. */
export const openHome = async (): Promise<Home> => {
  await removeLeftOvers()
  const home = await mkdtemp(join(tmpdir(), `supergraph-faults-${process.pid}-`))
  const password = randomBytes(16).toString('hex')
  await writeFile(join(home, 'password'), password, { mode: 0o600 })
  return {
    postgresDirectory: join(home, 'postgres'),
    postgresPassword: password,
    mailDirectory: join(home, 'mail'),
    stop: () => rm(home, { recursive: true, force: true }),
  }
}

const removeLeftOvers = async (): Promise<void> => {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(/^supergraph-faults-(\d+)-/.exec(name)?.[1])
    // n.b. another run that starts now may be removing the same one
    if (pid > 0 && !isRunning(pid)) await removeLeftOver(join(tmpdir(), name)).catch(() => {})
  }
}

const removeLeftOver = async (home: string): Promise<void> => {
  const password = await readFile(join(home, 'password'), 'utf8')
  const leftOver = await startEmbeddedPostgres({ directory: join(home, 'postgres'), password })
  await leftOver.stop()
  await rm(home, { recursive: true, force: true })
}

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // n.b. a process of another user's
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
