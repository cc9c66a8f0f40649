import { affected, row } from '@supergraph/postgres/statements.ts'
import type { EntityManager } from 'typeorm'
import { z } from 'zod'
import { createOneTimeToken } from '../domain/one-time-token.ts'
import type { Refusal } from '../domain/refusals.ts'
import { readClock } from './clock.ts'

const lifetimeMs = 5 * 60 * 1_000

/**
 * Notes that a user has given the right password, for whom a code is missing still; returns the token that stands for the password
 * until then. n.b. one for each login: whoever knows the password must not replace the owner's
 */
export const createChallenge = async (
  manager: EntityManager,
  userId: string,
): Promise<Refusal<'totpRequired'>> => {
  const { token, hash } = createOneTimeToken()
  const expiresAt = new Date((await readClock(manager)).getTime() + lifetimeMs)
  await affected(manager, 'insert into login_challenges (hash, user_id, expires_at) values ($1, $2, $3)', [
    hash,
    userId,
    expiresAt,
  ])
  return { kind: 'totpRequired', challenge: token, expiresAt }
}

const challenged = z.object({ userId: z.string(), email: z.string() })

/** Who has given their password for this token; undefined if it does not work, or not any more. */
export const challengedBy = (
  manager: EntityManager,
  hash: string,
): Promise<Readonly<z.output<typeof challenged>> | undefined> =>
  row(
    manager,
    challenged,
    `select user_id as "userId", email from login_challenges join users on users.id = user_id
     where hash = $1 and expires_at > clock_timestamp()`,
    [hash],
  )

/** Uses a token up; n.b. the caller has locked its user's row, and so nobody else uses it meanwhile. */
export const spendChallenge = (manager: EntityManager, hash: string): Promise<number> =>
  affected(manager, 'delete from login_challenges where hash = $1', [hash])

/** Makes the logins of a user that wait for a code invalid. */
export const revokeChallenges = (manager: EntityManager, userId: string): Promise<number> =>
  affected(manager, 'delete from login_challenges where user_id = $1', [userId])
