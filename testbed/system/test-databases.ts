import { createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { recordOf } from '../../embedded/records.ts'
import { statefulNames } from '../../services.ts'
import type { Plan } from './plan.ts'

/** Creates a database for each service that has one, on the server of the test run. */
export const createTestDatabases = (): Promise<Running & { readonly urls: Plan['databaseUrls'] }> =>
  startAll(async use => {
    const databases = new Map<string, string>()
    for (const name of statefulNames()) {
      const { url, drop } = await createTestDatabase()
      use({ stop: drop })
      databases.set(name, url)
    }
    return {
      urls: recordOf(
        statefulNames(),
        name => name,
        name => databases.get(name) ?? '',
      ),
    }
  })
