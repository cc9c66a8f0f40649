import { affected, row } from '@supergraph/postgres/statements.ts'
import type { TokenPurpose } from '@supergraph/schema/sealed-token.ts'
import type { EntityManager } from 'typeorm'
import { z } from 'zod'
import type { OneTimeToken } from '../domain/one-time-token.ts'

/** Saves a user's token in the place of the earlier one for its purpose; returns false if there is one that lives longer. */
export const saveToken = async (
  manager: EntityManager,
  { hash, userId, purpose, expiresAt, email = null, shownEmail = null }: OneTimeToken,
): Promise<boolean> =>
  (await affected(
    manager,
    `insert into one_time_tokens (hash, user_id, purpose, expires_at, sent_to, shown_as)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (user_id, purpose) do update
       set hash = excluded.hash, expires_at = excluded.expires_at, sent_to = excluded.sent_to, shown_as = excluded.shown_as
       where one_time_tokens.expires_at < excluded.expires_at`,
    [hash, userId, purpose, expiresAt, email, shownEmail],
  )) > 0

/** Whose token this is; undefined if it does not work, or is for something else. */
export const ownerOfToken = async (
  manager: EntityManager,
  hash: string,
  purpose: TokenPurpose,
): Promise<string | undefined> => {
  const owner = await row(
    manager,
    z.object({ userId: z.string() }),
    `select user_id as "userId" from one_time_tokens
     where hash = $1 and purpose = $2 and expires_at > clock_timestamp()`,
    [hash, purpose],
  )
  return owner?.userId
}

/** Uses a token up that was sent to an address; returns that address, or undefined if the token does not work any more. */
export const spendAddressToken = async (
  manager: EntityManager,
  { hash, userId, purpose }: Omit<OneTimeToken, 'expiresAt'>,
): Promise<SentTo | undefined> =>
  row(
    manager,
    sentTo,
    `delete from one_time_tokens
     where hash = $1 and user_id = $2 and purpose = $3 and expires_at > clock_timestamp() and sent_to is not null
     returning sent_to as email, shown_as as "shownEmail"`,
    [hash, userId, purpose],
  )

const sentTo = z.object({ email: z.string(), shownEmail: z.string().nullable() })

/** An address, and how its owner writes it if that is another form. */
export type SentTo = Readonly<z.output<typeof sentTo>>

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
