import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { DataSource, EntityManager } from 'typeorm'
import type { AccessTokens, IssueAccessToken } from '../access-tokens.ts'
import { type InvalidRefreshToken, invalidRefreshToken } from '../domain/refusals.ts'
import { judge, refreshTokenLifetimeMs } from '../domain/session.ts'
import { createRefreshToken, hashOf } from '../refresh-token.ts'
import { readClock } from './clock.ts'
import { passwordHashOf } from './credential-store.ts'
import { endAllSessions, endOtherSessions, endSession, hasEnded } from './session-ends.ts'
import { RefreshTokenTable, type SessionRow, SessionTable, type UserRow } from './tables.ts'
import { insertAccount, lockUser, type NewAccount } from './user-store.ts'

/** A user who has just proved who they are, and the tokens to say so with. */
export type Session = {
  readonly user: UserRow
  readonly accessToken: string
  readonly refreshToken: string
  readonly expiresAt: Date
}

export type SessionStore = ReturnType<typeof createSessionStore>

/** The sessions. Each change locks the user's row first, then the session's. */
export const createSessionStore = (database: DataSource, accessTokens: AccessTokens) => {
  /** n.b. tokens are signed while the user's row is locked: none can name a role that the user has no more. */
  const withIssuer = async <Result>(
    change: (manager: EntityManager, issue: IssueAccessToken) => Promise<Result>,
  ): Promise<Result> => {
    const issue = await accessTokens.issuer()
    return database.transaction(manager => change(manager, issue))
  }
  return {
    /** Saves an account and begins its first session; undefined where its e-mail address has an account already. */
    register: (account: NewAccount): Promise<Session | undefined> =>
      withIssuer(async (manager, issue) =>
        (await insertAccount(manager, account)) ? begin(manager, account.user, issue) : undefined,
      ),

    /** Begins a session of a user whose password still has this hash; undefined where it hasn't. */
    begin: (userId: string, passwordHash: string): Promise<Session | undefined> =>
      withIssuer(async (manager, issue) => {
        const user = await lockUser(manager, userId)
        if (user === undefined || (await passwordHashOf(manager, userId)) !== passwordHash) return undefined
        return begin(manager, user, issue)
      }),

    /** Gives a session's next tokens for an unused refresh token; a used one ends the session. */
    refresh: (refreshToken: string): Promise<Session | InvalidRefreshToken> =>
      withIssuer(async (manager, issue) => {
        const hash = hashOf(refreshToken)
        const locked = await lockSessionOf(manager, hash)
        const token = locked && (await manager.findOneBy(RefreshTokenTable, { hash }))
        if (!locked || !token) return invalidRefreshToken
        const now = await readClock(manager)
        const verdict = judge(locked.session, token, now)
        if (verdict === 'reused') await endSession(manager, locked.session, 'token-reused')
        if (verdict !== 'valid') return invalidRefreshToken
        await manager.update(RefreshTokenTable, { hash }, { usedAt: now })
        await manager.update(SessionTable, { id: locked.session.id }, { lastUsedAt: now })
        return nextTokens(manager, locked.user, locked.session.id, issue, now)
      }),

    /** Ends the session of a refresh token, be it used or expired; answers how many sessions ended, 0 or 1. */
    end: (refreshToken: string): Promise<number> =>
      database.transaction(async manager => {
        const locked = await lockSessionOf(manager, hashOf(refreshToken))
        if (locked === undefined || locked.session.endedAt !== null) return 0
        await endSession(manager, locked.session, 'logout')
        return 1
      }),

    /**
     * Ends a user's sessions, on behalf of one of them, which stays where `isKept`; answers how many ended,
     * undefined where there is no such user or the asking session is over itself.
     */
    endAll: (userId: string, askingId: string, isKept: boolean): Promise<number | undefined> =>
      database.transaction(async manager => {
        const user = await lockUser(manager, userId)
        if (user === undefined || (await hasEnded(manager, askingId))) return undefined
        return isKept
          ? endOtherSessions(manager, userId, askingId, 'logout')
          : endAllSessions(manager, userId, 'logout')
      }),
  }
}

/** n.b. wants the user's row locked, or inserted, by this transaction. */
const begin = async (manager: EntityManager, user: UserRow, issue: IssueAccessToken): Promise<Session> => {
  const now = await readClock(manager)
  const id = uuidv7(now.getTime())
  await manager.insert(SessionTable, { id, userId: user.id, createdAt: now, lastUsedAt: now })
  return nextTokens(manager, user, id, issue, now)
}

const nextTokens = async (
  manager: EntityManager,
  user: UserRow,
  sessionId: string,
  issue: IssueAccessToken,
  now: Date,
): Promise<Session> => {
  const { refreshToken, hash } = createRefreshToken()
  const expiresAt = new Date(now.getTime() + refreshTokenLifetimeMs)
  await manager.insert(RefreshTokenTable, { hash, sessionId, issuedAt: now, expiresAt })
  return { user, refreshToken, ...(await issue(user, sessionId, now)) }
}

/** The session of a refresh token and its user, both locked; undefined where the token is unknown. */
const lockSessionOf = async (
  manager: EntityManager,
  hash: string,
): Promise<{ readonly user: UserRow; readonly session: SessionRow } | undefined> => {
  const [owner]: readonly { readonly userId: string; readonly sessionId: string }[] = await manager.query(
    `select user_id as "userId", session_id as "sessionId"
     from refresh_tokens join sessions on sessions.id = session_id
     where hash = $1`,
    [hash],
  )
  const user = owner && (await lockUser(manager, owner.userId))
  if (!owner || !user) return undefined
  const session = await manager.findOne(SessionTable, {
    where: { id: owner.sessionId },
    lock: { mode: 'pessimistic_write' },
  })
  return session ? { user, session } : undefined
}
