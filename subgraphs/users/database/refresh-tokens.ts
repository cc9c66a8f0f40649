import { affected, row } from '@supergraph/postgres/statements.ts'
import { type EntityManager, IsNull } from 'typeorm'
import { z } from 'zod'
import { createRefreshToken, createSalt, hashOf, successorOf } from '../domain/refresh-token.ts'
import type { Refusal } from '../domain/refusals.ts'
import {
  checkRefreshToken,
  type IssueAccessToken,
  type RefreshToken,
  repeatableMs,
} from '../domain/session.ts'
import { readClock } from './clock.ts'
import { nextTokens, type SignedIn } from './session-beginnings.ts'
import { endSession } from './session-ends.ts'
import { refreshTokenTable, type SessionRow, sessionTable, type UserRow } from './tables.ts'
import { lockUser } from './user-store.ts'

/**
 * Returns a session's next tokens for an unused refresh token. A used token ends the session, unless the first use was a moment
 * ago and under the same key, and its successor was not used: then the successor is returned once more.
 */
export const refreshSession = async (
  manager: EntityManager,
  issue: IssueAccessToken,
  refreshToken: string,
  idempotencyKey: string | undefined,
): Promise<SignedIn | Refusal<'invalidRefreshToken'>> => {
  const hash = hashOf(refreshToken)
  const locked = await lockSessionOf(manager, hash)
  const token = locked && (await manager.findOneBy(refreshTokenTable, { hash }))
  if (!locked || !token) return { kind: 'invalidRefreshToken' }
  const now = await readClock(manager)
  const { user, session } = locked
  const use = checkRefreshToken(session, token, now)
  if (use === 'reused') {
    const successor = await findSuccessor(manager, refreshToken, token, idempotencyKey, now)
    if (successor !== undefined) {
      return { user, refreshToken: successor, ...(await issue(user, session.id, now)) }
    }
    await endSession(manager, session, 'token-reused')
  }
  if (use !== 'valid') return { kind: 'invalidRefreshToken' }
  const salt = idempotencyKey === undefined ? null : createSalt()
  await spend(manager, token, salt, now)
  await manager.update(sessionTable, { id: session.id }, { lastUsedAt: now })
  const next =
    salt === null || idempotencyKey === undefined
      ? createRefreshToken()
      : successorOf(refreshToken, idempotencyKey, salt)
  return nextTokens(manager, user, session.id, issue, now, next)
}

/** Marks a token as used, and forgets the salts of the session's earlier ones: nobody may ask for their successors again. */
const spend = (
  manager: EntityManager,
  { hash, sessionId }: RefreshToken,
  salt: string | null,
  now: Date,
): Promise<number> =>
  affected(
    manager,
    `update refresh_tokens set
       used_at = case when hash = $1 then $3 else used_at end,
       successor_salt = case when hash = $1 then $4 end
     where session_id = $2 and (hash = $1 or successor_salt is not null)`,
    [hash, sessionId, now, salt],
  )

/** The unused successor that a token got a moment ago under this key. */
const findSuccessor = async (
  manager: EntityManager,
  spentToken: string,
  { usedAt, successorSalt, sessionId }: RefreshToken,
  idempotencyKey: string | undefined,
  now: Date,
): Promise<string | undefined> => {
  if (usedAt === null || successorSalt === null || idempotencyKey === undefined) return undefined
  if (now.getTime() - usedAt.getTime() > repeatableMs) return undefined
  const { refreshToken, hash } = successorOf(spentToken, idempotencyKey, successorSalt)
  const isUnused = await manager.existsBy(refreshTokenTable, { hash, sessionId, usedAt: IsNull() })
  return isUnused ? refreshToken : undefined
}

/** The session of a refresh token and its user, both locked; undefined if the token is unknown. */
export const lockSessionOf = async (
  manager: EntityManager,
  hash: string,
): Promise<{ readonly user: UserRow; readonly session: SessionRow } | undefined> => {
  const owner = await row(
    manager,
    z.object({ userId: z.string(), sessionId: z.string() }),
    `select user_id as "userId", session_id as "sessionId"
     from refresh_tokens join sessions on sessions.id = session_id
     where hash = $1`,
    [hash],
  )
  const user = owner && (await lockUser(manager, owner.userId))
  if (!owner || !user) return undefined
  const session = await manager.findOne(sessionTable, {
    where: { id: owner.sessionId },
    lock: { mode: 'pessimistic_write' },
  })
  return session ? { user, session } : undefined
}
