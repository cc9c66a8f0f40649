import { affected } from '@supergraph/postgres/statements.ts'
import type { TokenPurpose } from '@supergraph/schema/sealed-token.ts'
import type { EntityManager } from 'typeorm'
import type { OneTimeToken } from '../domain/one-time-token.ts'

/** Saves a user's token in the place of the earlier one for its purpose; returns false if there is one that lives longer. */
export const saveToken = async (
  manager: EntityManager,
  { hash, userId, purpose, expiresAt }: OneTimeToken,
): Promise<boolean> =>
  (await affected(
    manager,
    `insert into one_time_tokens (hash, user_id, purpose, expires_at) values ($1, $2, $3, $4)
     on conflict (user_id, purpose) do update set hash = excluded.hash, expires_at = excluded.expires_at
       where one_time_tokens.expires_at < excluded.expires_at`,
    [hash, userId, purpose, expiresAt],
  )) > 0

/** Uses a token up; returns false if it is not there any more, has expired, or is for something else. */
export const spendToken = async (
  manager: EntityManager,
  { hash, userId, purpose }: Omit<OneTimeToken, 'expiresAt'>,
): Promise<boolean> =>
  (await affected(
    manager,
    `delete from one_time_tokens
     where hash = $1 and user_id = $2 and purpose = $3 and expires_at > clock_timestamp()`,
    [hash, userId, purpose],
  )) > 0

/** Makes a user's token for this purpose invalid, if there is one. */
export const revokeToken = async (
  manager: EntityManager,
  userId: string,
  purpose: TokenPurpose,
): Promise<void> => {
  await affected(manager, 'delete from one_time_tokens where user_id = $1 and purpose = $2', [
    userId,
    purpose,
  ])
}
