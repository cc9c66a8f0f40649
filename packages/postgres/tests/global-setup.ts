import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive } from '../embedded/postmaster.ts'
import { startEmbeddedPostgres } from '../embedded.ts'

/** Starts one throw-away server for the vitest run; the workers inherit its superuser URL as `TEST_POSTGRES_URL`. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  // n.b. vitest calls this once per project that lists it: all share the first one's server
  if (process.env.TEST_POSTGRES_URL) return undefined
  await removeLeftOvers()
  const home = await mkdtemp(join(tmpdir(), `supergraph-test-postgres-${process.pid}-`))
  const password = randomBytes(16).toString('hex')
  await writeFile(join(home, 'password'), password, { mode: 0o600 })
  const postgres = await startEmbeddedPostgres({ directory: join(home, 'data'), password, durable: false })
  process.env.TEST_POSTGRES_URL = postgres.superuserUrl
  return async () => {
    delete process.env.TEST_POSTGRES_URL
    await postgres.stop()
    await rm(home, { recursive: true, force: true })
  }
}

/** Stops the servers of test runs that were killed, by adopting them, and removes their data. */
async function removeLeftOvers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(/^supergraph-test-postgres-(\d+)-/.exec(name)?.[1])
    // n.b. another run that starts now may be removing the same one
    if (pid > 0 && !isAlive(pid)) await removeLeftOver(join(tmpdir(), name)).catch(() => {})
  }
}

async function removeLeftOver(home: string): Promise<void> {
  const password = await readFile(join(home, 'password'), 'utf8')
  const leftOver = await startEmbeddedPostgres({ directory: join(home, 'data'), password, durable: false })
  await leftOver.stop()
  await rm(home, { recursive: true, force: true })
}
