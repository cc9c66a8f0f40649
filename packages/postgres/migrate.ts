import { codeOf } from '@supergraph/runtime/error-text.ts'
import { type DataSource, MigrationExecutor, type QueryRunner } from 'typeorm'
import { withLongStatements } from './client.ts'
import { setLimits, waitLimits } from './connection.ts'

const migrationKey = 7_305_805_641
const turnTimeoutMs = 60_000
const tryMs = 200
const lockNotAvailable = '55P03'

/**
 * Runs the migrations that are pending, one process at a time.
 * n.b. Everything runs on one session, so that a lost connection also gives the turn to the next process.
 */
export const migrate = (database: DataSource): Promise<void> => withLongStatements(() => migrateNow(database))

const migrateNow = async (database: DataSource): Promise<void> => {
  const session = database.createQueryRunner()
  try {
    await session.query(setLimits({ ...waitLimits, statement_timeout: 0, lock_timeout: tryMs }, 'session'))
    await takeTurn(session)
    await session.query(setLimits({ lock_timeout: waitLimits.lock_timeout }, 'session'))
    const executor = new MigrationExecutor(database, session)
    executor.transaction = 'each'
    await executor.executePendingMigrations()
    await session.query('select pg_advisory_unlock($1)', [migrationKey])
    await session.query(resetLimits)
  } finally {
    await session.release()
  }
}

const resetLimits = Object.keys(waitLimits)
  .map(name => `reset ${name}`)
  .join('; ')

/** n.b. a process that waits in one statement would be waited for by an index that is created concurrently, for ever. */
const takeTurn = async (session: QueryRunner): Promise<void> => {
  for (const endsAtMs = Date.now() + turnTimeoutMs; ; ) {
    try {
      await session.query('select pg_advisory_lock($1)', [migrationKey])
      return
    } catch (error) {
      if (codeOf(error) !== lockNotAvailable || Date.now() > endsAtMs) throw error
    }
  }
}
