import { randomBytes } from 'node:crypto'
import { Client, escapeIdentifier, escapeLiteral } from 'pg'
import { dropOwnedDatabase, ensureOwnedDatabase } from '../owned-database.ts'

/** A database of one test suite; `drop` ends the sessions that use it. */
export type TestDatabase = { readonly url: string; readonly drop: () => Promise<void> }

/**
 * Creates an empty database with an owner role of its own on the test run's server (`global-setup.ts`), with the C library's
 * locale if one is named.
 */
export async function createTestDatabase(locale?: string): Promise<TestDatabase> {
  const superuserUrl = process.env.TEST_POSTGRES_URL
  if (!superuserUrl)
    throw new Error('TEST_POSTGRES_URL is not set: list global-setup.ts as a globalSetup of vitest.')
  const name = `test_${randomBytes(8).toString('hex')}`
  const url = await ensureOwnedDatabase(superuserUrl, name, randomBytes(16).toString('hex'))
  if (locale !== undefined) await recreateWithLocale(superuserUrl, name, locale)
  return { url, drop: () => dropOwnedDatabase(superuserUrl, name) }
}

async function recreateWithLocale(superuserUrl: string, name: string, locale: string): Promise<void> {
  const session = new Client({ connectionString: superuserUrl })
  await session.connect()
  try {
    const database = escapeIdentifier(name)
    await session.query(`drop database ${database}`)
    await session.query(
      `create database ${database} owner ${database} template template0 locale_provider libc locale ${escapeLiteral(locale)}`,
    )
  } finally {
    await session.end()
  }
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
