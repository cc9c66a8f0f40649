import { randomBytes } from 'node:crypto'
import { dropOwnedDatabase, ensureOwnedDatabase } from '../owned-database.ts'

/** A database of one test suite; `drop` ends the sessions that use it. */
export type TestDatabase = { readonly url: string; readonly drop: () => Promise<void> }

/** Creates an empty database with an owner role of its own on the test run's server (`global-setup.ts`). */
export async function createTestDatabase(): Promise<TestDatabase> {
  const superuserUrl = process.env.TEST_POSTGRES_URL
  if (!superuserUrl)
    throw new Error('TEST_POSTGRES_URL is not set: list global-setup.ts as a globalSetup of vitest.')
  const name = `test_${randomBytes(8).toString('hex')}`
  const url = await ensureOwnedDatabase(superuserUrl, name, randomBytes(16).toString('hex'))
  return { url, drop: () => dropOwnedDatabase(superuserUrl, name) }
}

/** Counts the statements that pass through `onQuery` of `openDatabase`, without those that only control transactions. */
export function countQueries() {
  let seen: readonly string[] = []
  return {
    onQuery: (sql: string): void => {
      if (!transactionControl.test(sql)) seen = [...seen, sql]
    },
    count: (): number => seen.length,
    statements: (): readonly string[] => seen,
    reset: (): void => {
      seen = []
    },
  }
}

const transactionControl =
  /^\s*(begin|start transaction|set transaction|commit|rollback|savepoint|release)\b/i
