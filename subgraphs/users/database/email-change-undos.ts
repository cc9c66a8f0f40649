import { affected, row } from '@supergraph/postgres/statements.ts'
import type { EntityManager } from 'typeorm'
import { z } from 'zod'
import type { OneTimeToken } from '../domain/one-time-token.ts'
import type { SentTo } from './one-time-tokens.ts'

/**
 * Saves the token with which an earlier address gets its account back. n.b. one per address, unlike other tokens: whoever has
 * taken an account and changes the address twice must not replace the first owner's
 */
export const saveUndo = async (
  manager: EntityManager,
  { hash, userId, expiresAt, email, shownEmail = null }: Omit<OneTimeToken, 'purpose'>,
): Promise<boolean> =>
  (await affected(
    manager,
    `insert into email_change_undos (hash, user_id, email, shown_email, expires_at) values ($1, $2, $3, $4, $5)
     on conflict (user_id, email) do update set hash = excluded.hash, expires_at = excluded.expires_at`,
    [hash, userId, email, shownEmail, expiresAt],
  )) > 0

/** Whose address the token of an earlier one gives back; undefined if it does not work. */
export const ownerOfUndo = async (manager: EntityManager, hash: string): Promise<string | undefined> => {
  const owner = await row(
    manager,
    z.object({ userId: z.string() }),
    `select user_id as "userId" from email_change_undos where hash = $1 and expires_at > clock_timestamp()`,
    [hash],
  )
  return owner?.userId
}

/**
 * Uses a token up and returns its address, or undefined if the token does not work any more. Those of addresses that the
 * account got later go with it; those of earlier owners stay.
 */
export const spendUndo = (
  manager: EntityManager,
  { hash, userId }: Pick<OneTimeToken, 'hash' | 'userId'>,
): Promise<SentTo | undefined> =>
  row(
    manager,
    z.object({ email: z.string(), shownEmail: z.string().nullable() }),
    `with wanted as (
       select email, shown_email, expires_at from email_change_undos
       where hash = $1 and user_id = $2 and expires_at > clock_timestamp()),
     later as (
       delete from email_change_undos using wanted
       where user_id = $2 and email_change_undos.expires_at >= wanted.expires_at)
     select email, shown_email as "shownEmail" from wanted`,
    [hash, userId],
  )

/** Whether another user may still take this address back. */
export const isReserved = async (manager: EntityManager, email: string, userId: string): Promise<boolean> =>
  (await row(
    manager,
    z.object({ userId: z.string() }),
    `select user_id as "userId" from email_change_undos
     where email = $1 and user_id <> $2 and expires_at > clock_timestamp() limit 1`,
    [email, userId],
  )) !== undefined
