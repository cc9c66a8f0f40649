import { deleteInBatches } from '@supergraph/postgres/batches.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { startLoop } from '@supergraph/runtime/loop.ts'
import type { DataSource } from 'typeorm'
import { familiarDays } from '../database/familiar-networks.ts'
import { deleteExpiredSigningKeys } from '../database/signing-keys.ts'
import { refreshTokenLifetimeMs, repeatableMs } from '../domain/session.ts'

/** Deletes expired rows now and every hour; `stop` waits for the deletion under way. */
export const startHousekeeping = (database: DataSource, logger: Logger): Running =>
  startLoop({
    everyMs: 3_600_000,
    work: () => deleteExpired(database, new Date()),
    onError: error =>
      logger.warn({ err: error }, 'old sessions could not be deleted; the next try is in an hour'),
  })

/** Deletes refresh tokens and their salts, tokens of e-mails and of logins, sessions, familiar networks and signing keys that have expired. */
export const deleteExpired = async (database: DataSource, now: Date): Promise<void> => {
  const before = (ms: number) => new Date(now.getTime() - ms)
  await deleteOlder(database, 'refresh_tokens', 'hash', 'expires_at', now)
  await deleteOlder(database, 'one_time_tokens', 'hash', 'expires_at', now)
  await deleteOlder(database, 'login_challenges', 'hash', 'expires_at', now)
  await deleteOlder(database, 'email_change_undos', 'hash', 'expires_at', now)
  await deleteOlder(database, 'sessions', 'id', 'last_used_at', before(refreshTokenLifetimeMs))
  await deleteOlder(database, 'familiar_networks', 'key', 'last_used_at', before(familiarDays * 86_400_000))
  await forgetSalts(database, before(repeatableMs))
  await deleteExpiredSigningKeys(database)
}

/** n.b. the salt of a session's last spent token; those before it went when the next one was spent. */
const forgetSalts = (database: DataSource, usedBefore: Date): Promise<number> =>
  deleteInBatches(
    database,
    `update refresh_tokens set successor_salt = null where hash = any (array(
       select hash from refresh_tokens where successor_salt is not null and used_at <= $2
       order by used_at limit $1 for update skip locked))`,
    [usedBefore],
  )

const deleteOlder = (
  database: DataSource,
  table: string,
  key: string,
  column: string,
  before: Date,
): Promise<number> =>
  deleteInBatches(
    database,
    `delete from ${table} where ${key} = any (array(
       select ${key} from ${table} where ${column} <= $2
       order by ${column} limit $1 for update skip locked))`,
    [before],
  )
