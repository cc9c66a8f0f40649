import { openRunDirectory } from '../../../testbed/run-directory.ts'
import { startEmbeddedPostgres } from '../embedded.ts'

/** Starts one temporary server for the vitest run; the workers inherit its superuser URL as `TEST_POSTGRES_URL`. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  // n.b. Vitest calls this once per project that lists it; all of them share the first one's server.
  if (process.env.TEST_POSTGRES_URL) return undefined
  const { postgresDirectory: directory, postgresPassword: password, stop } = await openRunDirectory()
  const postgres = await startEmbeddedPostgres({ directory, password, durable: false })
  process.env.TEST_POSTGRES_URL = postgres.superuserUrl
  return async () => {
    delete process.env.TEST_POSTGRES_URL
    await postgres.stop()
    await stop()
  }
}
