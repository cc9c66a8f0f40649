import { deleteInBatches } from '@supergraph/postgres/batches.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { startLoop } from '@supergraph/runtime/loop.ts'
import type { DataSource } from 'typeorm'
import { deleteExpiredSigningKeys } from '../database/signing-keys.ts'
import { refreshTokenLifetimeMs } from '../domain/session.ts'
import { failuresCountForMs } from '../domain/throttle.ts'

/** Deletes expired rows now and every hour; `stop` waits for the deletion under way. */
export const startHousekeeping = (database: DataSource, logger: Logger): Running =>
  startLoop({
    everyMs: 3_600_000,
    work: () => deleteExpired(database, new Date()),
    onError: error =>
      logger.warn({ err: error }, 'old sessions could not be deleted; the next try is in an hour'),
  })

/** Deletes refresh tokens, sessions, wrong passwords and signing keys that have expired. */
export const deleteExpired = async (database: DataSource, now: Date): Promise<void> => {
  const before = (ms: number) => new Date(now.getTime() - ms)
  await deleteOlder(database, 'refresh_tokens', 'hash', 'expires_at', now)
  await deleteOlder(database, 'sessions', 'id', 'last_used_at', before(refreshTokenLifetimeMs))
  await deleteOlder(database, 'login_attempts', 'key', 'last_failed_at', before(failuresCountForMs))
  await deleteExpiredSigningKeys(database)
}

const deleteOlder = (
  database: DataSource,
  table: string,
  key: string,
  column: string,
  before: Date,
): Promise<number> =>
  deleteInBatches(
    database,
    `delete from ${table} where ${key} in (
       select ${key} from ${table} where ${column} <= $2
       order by ${column} limit $1 for update skip locked)`,
    [before],
  )
