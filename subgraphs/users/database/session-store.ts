import { affected, row } from '@supergraph/postgres/statements.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { type DataSource, type EntityManager, IsNull } from 'typeorm'
import { z } from 'zod'
import {
  createRefreshToken,
  createSalt,
  hashOf,
  successorOf,
  type TokenWithHash,
} from '../domain/refresh-token.ts'
import type { Refusal } from '../domain/refusals.ts'
import {
  checkRefreshToken,
  type IssueAccessToken,
  type RefreshToken,
  refreshTokenLifetimeMs,
  repeatableMs,
} from '../domain/session.ts'
import { readClock } from './clock.ts'
import { passwordHashOf, replacePassword } from './credential-store.ts'
import { spendToken } from './one-time-tokens.ts'
import { endAllSessions, endOtherSessions, endSession, hasEnded } from './session-ends.ts'
import { refreshTokenTable, type SessionRow, sessionTable, type UserRow } from './tables.ts'
import { insertAccount, lockUser, type NewAccount } from './user-store.ts'

/** A user who has just proved who they are, and the tokens of their session. */
export type SignedIn = {
  readonly user: UserRow
  readonly accessToken: string
  readonly refreshToken: string
  readonly expiresAt: Date
}

export type SessionStore = ReturnType<typeof createSessionStore>

/** The sessions. Each change locks the user's row first, then the session's. */
export const createSessionStore = (database: DataSource, issuer: () => Promise<IssueAccessToken>) => {
  /** n.b. tokens are signed while the user's row is locked, so that no token names a role that the user has lost. */
  const withIssuer = async <Result>(
    change: (manager: EntityManager, issue: IssueAccessToken) => Promise<Result>,
  ): Promise<Result> => {
    const issue = await issuer()
    return database.transaction(manager => change(manager, issue))
  }
  return {
    /** Saves an account and begins its first session; returns undefined if its e-mail address has an account already. */
    register: (account: NewAccount): Promise<SignedIn | undefined> =>
      withIssuer(async (manager, issue) =>
        (await insertAccount(manager, account)) ? begin(manager, account.user, issue) : undefined,
      ),

    /** Begins a session of a user; returns undefined if the user's password no longer has this hash. */
    begin: (userId: string, passwordHash: string): Promise<SignedIn | undefined> =>
      withIssuer(async (manager, issue) => {
        const user = await lockUser(manager, userId)
        if (user === undefined || (await passwordHashOf(manager, userId)) !== passwordHash) return undefined
        return begin(manager, user, issue)
      }),

    /**
     * Replaces a user's password for a token that allows it, which is then used up, ends the user's sessions and begins the next
     * one. Refuses if the token does not work any more.
     */
    resetPassword: (
      { userId, tokenHash }: { readonly userId: string; readonly tokenHash: string },
      passwordHash: string,
    ): Promise<SignedIn | Refusal<'invalidToken'>> =>
      withIssuer(async (manager, issue) => {
        const user = await lockUser(manager, userId)
        const token = { hash: tokenHash, userId, purpose: 'password-reset' } as const
        if (user === undefined || !(await spendToken(manager, token))) return { kind: 'invalidToken' }
        await replacePassword(manager, userId, passwordHash)
        await endAllSessions(manager, userId, 'password-changed')
        // n.b. a gateway refuses every session that began in the millisecond of the end, or before
        return begin(manager, user, issue, 1)
      }),

    /**
     * Returns a session's next tokens for an unused refresh token. A used token ends the session, unless the first use was
     * a moment ago and under the same key, and its successor was not used: then the successor is returned once more.
     */
    refresh: (
      refreshToken: string,
      idempotencyKey: string | undefined,
    ): Promise<SignedIn | Refusal<'invalidRefreshToken'>> =>
      withIssuer(async (manager, issue) => {
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
      }),

    /** Ends the session of a refresh token, even of a used or expired one; returns how many sessions ended, 0 or 1. */
    end: (refreshToken: string): Promise<number> =>
      database.transaction(async manager => {
        const locked = await lockSessionOf(manager, hashOf(refreshToken))
        if (locked === undefined || locked.session.endedAt !== null) return 0
        await endSession(manager, locked.session, 'logout')
        return 1
      }),

    /**
     * Ends a user's sessions for one of them, which stays if `isKept`; returns how many ended. Returns undefined if
     * there is no such user or the calling session has ended.
     */
    endAll: (userId: string, callerSessionId: string, isKept: boolean): Promise<number | undefined> =>
      database.transaction(async manager => {
        const user = await lockUser(manager, userId)
        if (user === undefined || (await hasEnded(manager, callerSessionId))) return undefined
        return isKept
          ? endOtherSessions(manager, userId, callerSessionId, 'logout')
          : endAllSessions(manager, userId, 'logout')
      }),
  }
}

/** n.b. this transaction must have locked or inserted the user's row. */
const begin = async (
  manager: EntityManager,
  user: UserRow,
  issue: IssueAccessToken,
  laterByMs = 0,
): Promise<SignedIn> => {
  const now = new Date((await readClock(manager)).getTime() + laterByMs)
  const id = uuidv7(now.getTime())
  await manager.insert(sessionTable, { id, userId: user.id, createdAt: now, lastUsedAt: now })
  return nextTokens(manager, user, id, issue, now)
}

const nextTokens = async (
  manager: EntityManager,
  user: UserRow,
  sessionId: string,
  issue: IssueAccessToken,
  now: Date,
  { refreshToken, hash }: TokenWithHash = createRefreshToken(),
): Promise<SignedIn> => {
  const expiresAt = new Date(now.getTime() + refreshTokenLifetimeMs)
  await manager.insert(refreshTokenTable, { hash, sessionId, issuedAt: now, expiresAt })
  return { user, refreshToken, ...(await issue(user, sessionId, now)) }
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
const lockSessionOf = async (
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
