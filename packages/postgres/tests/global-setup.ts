import { Client } from 'pg'
import { openRunDirectory } from '../../../testbed/run-directory.ts'
import { startEmbeddedPostgres } from '../embedded.ts'

/** Starts one temporary server for the vitest run; the workers inherit its superuser URL as `TEST_POSTGRES_URL`. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  // n.b. Vitest calls this once per project that lists it; all of them share the first one's server.
  if (process.env.TEST_POSTGRES_URL) return undefined
  const { postgresDirectory: directory, postgresPassword: password, stop } = await openRunDirectory()
  const postgres = await startEmbeddedPostgres({ directory, password, durable: false })
  await keepToOwnDatabases(postgres.superuserUrl)
  process.env.TEST_POSTGRES_URL = postgres.superuserUrl
  return async () => {
    delete process.env.TEST_POSTGRES_URL
    await postgres.stop()
    await stop()
  }
}

/** The role of a test database can connect to no other. */
const keepToOwnDatabases = async (connectionString: string): Promise<void> => {
  const session = new Client({ connectionString })
  await session.connect()
  await session.query('revoke connect, temporary on database postgres, template1 from public')
  await session.end()
}
