import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { startLoop } from '@supergraph/runtime/loop.ts'
import type { DataSource } from 'typeorm'
import { deleteDeadSigningKeys } from '../database/signing-keys.ts'
import { refreshTokenLifetimeMs } from '../domain/session.ts'
import { failuresCountForMs } from '../domain/throttle.ts'

const rowsPerStatement = 1_000

/** Deletes, now and every hour, what has no more effect; `stop` waits for the deletion in flight. */
export const startHousekeeping = (database: DataSource, logger: Logger): Running =>
  startLoop({
    everyMs: 3_600_000,
    work: () => deleteDead(database, new Date()),
    onError: error =>
      logger.warn({ err: error }, 'old sessions could not be deleted; the next try is in an hour'),
  })

/** Deletes sessions and refresh tokens that nobody can use, failures that no longer count, and keys of dead tokens. */
export const deleteDead = async (database: DataSource, now: Date): Promise<void> => {
  const before = (ms: number) => new Date(now.getTime() - ms)
  await deleteInBatches(database, 'refresh_tokens', 'hash', 'expires_at', now)
  await deleteInBatches(database, 'sessions', 'id', 'last_used_at', before(refreshTokenLifetimeMs))
  await deleteInBatches(database, 'login_attempts', 'key', 'last_failed_at', before(failuresCountForMs))
  await deleteDeadSigningKeys(database)
}

const deleteInBatches = async (
  database: DataSource,
  table: string,
  key: string,
  column: string,
  before: Date,
): Promise<void> => {
  for (let rows = rowsPerStatement; rows === rowsPerStatement; ) {
    // n.b. TypeORM answers a DELETE with [rows, number of rows]
    const [, deleted]: [unknown, number] = await database.query(
      `delete from ${table} where ${key} in (
         select ${key} from ${table} where ${column} <= $1
         order by ${column} limit $2 for update skip locked)`,
      [before, rowsPerStatement],
    )
    rows = deleted
  }
}
