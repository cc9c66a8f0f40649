import { rows } from '@supergraph/postgres/statements.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import { type DataSource, type EntityManager, IsNull } from 'typeorm'
import { z } from 'zod'
import { hashOf } from '../domain/refresh-token.ts'
import type { Refusal } from '../domain/refusals.ts'
import { type IssueAccessToken, refreshTokenLifetimeMs, type SessionOrigin } from '../domain/session.ts'
import { passwordHashOf, replacePassword } from './credential-store.ts'
import type { SendLink } from './links.ts'
import { createChallenge } from './login-challenges.ts'
import { spendToken } from './one-time-tokens.ts'
import { lockSessionOf, refreshSession } from './refresh-tokens.ts'
import { type Beginning, beginSession, type SignedIn } from './session-beginnings.ts'
import { endAllSessions, endOtherSessions, endSession, hasEnded } from './session-ends.ts'
import { sessionTable, type UserRow, userTable } from './tables.ts'
import { insertAccount, lockUser, type NewAccount } from './user-store.ts'

const livingSession = z.object({
  id: z.string(),
  userId: z.string(),
  network: z.string().nullable(),
  device: z.string().nullable(),
  createdAt: z.date(),
  lastSeenAt: z.date(),
})

/** A session that can be gone on with. */
export type LivingSession = Readonly<z.output<typeof livingSession>>

export type SessionStore = ReturnType<typeof createSessionStore>

/** The sessions. Each change locks the user's row first, then the session's. */
export const createSessionStore = (
  database: DataSource,
  issuer: () => Promise<IssueAccessToken>,
  sendLink: SendLink,
) => {
  /** n.b. tokens are signed while the user's row is locked, so that no token names a role that the user has lost. */
  const withIssuer = async <Result>(
    change: (manager: EntityManager, issue: IssueAccessToken) => Promise<Result>,
  ): Promise<Result> => {
    const issue = await issuer()
    return database.transaction(manager => change(manager, issue))
  }
  return {
    /**
     * Saves an account, sends a link to its e-mail address and begins its first session; returns undefined if the address has
     * an account already.
     */
    register: (account: NewAccount, origin: SessionOrigin = {}): Promise<SignedIn | undefined> =>
      withIssuer(async (manager, issue) => {
        if (!(await insertAccount(manager, account))) return undefined
        const { user } = account
        await sendLink(manager, { userId: user.id, purpose: 'email-verification', email: user.email })
        return beginSession(manager, user, issue, origin)
      }),

    /** Begins a session of a user, unless a code is missing; returns undefined if the user's password no longer has this hash. */
    begin: (
      userId: string,
      passwordHash: string,
      origin: SessionOrigin = {},
    ): Promise<SignedIn | Refusal<'totpRequired'> | undefined> =>
      withIssuer(async (manager, issue) => {
        const user = await lockUser(manager, userId)
        if (user === undefined || (await passwordHashOf(manager, userId)) !== passwordHash) return undefined
        return beginUnlessTotp(manager, user, issue, origin)
      }),

    /**
     * Replaces a user's password for a token that allows it, which is then used up, ends the user's sessions and begins the next
     * one, unless a code is missing. Refuses if the token does not work any more.
     */
    resetPassword: (
      { userId, tokenHash }: { readonly userId: string; readonly tokenHash: string },
      passwordHash: string,
      origin: SessionOrigin = {},
    ): Promise<SignedIn | Refusal<'invalidToken' | 'totpRequired'>> =>
      withIssuer(async (manager, issue) => {
        const user = await lockUser(manager, userId)
        const token = { hash: tokenHash, userId, purpose: 'password-reset' } as const
        if (user === undefined || !(await spendToken(manager, token))) return { kind: 'invalidToken' }
        await replacePassword(manager, userId, passwordHash)
        // n.b. the token came to the address; a token to an earlier one is revoked with the change
        await manager.update(userTable, { id: userId }, { emailVerified: true })
        await endAllSessions(manager, userId, 'password-changed')
        // n.b. a gateway refuses every session that began in the millisecond of the end, or before
        return beginUnlessTotp(manager, { ...user, emailVerified: true }, issue, { ...origin, laterByMs: 1 })
      }),

    /** Returns a session's next tokens for a refresh token. */
    refresh: (
      refreshToken: string,
      idempotencyKey: string | undefined,
    ): Promise<SignedIn | Refusal<'invalidRefreshToken'>> =>
      withIssuer((manager, issue) => refreshSession(manager, issue, refreshToken, idempotencyKey)),

    /** Ends the session of a refresh token, even of a used or expired one; returns how many sessions ended, 0 or 1. */
    end: (refreshToken: string): Promise<number> =>
      database.transaction(async manager => {
        const locked = await lockSessionOf(manager, hashOf(refreshToken))
        if (locked === undefined || locked.session.endedAt !== null) return 0
        await endSession(manager, locked.session, 'logout')
        return 1
      }),

    /** The sessions of users that are alive, at most 100 of each, the last used first. */
    load: (userIds: readonly string[]): Promise<readonly LivingSession[]> =>
      rows(
        database,
        livingSession,
        `select living.* from unnest($1::uuid[]) as wanted (id) cross join lateral (
           select id, user_id as "userId", network, device, created_at as "createdAt", last_used_at as "lastSeenAt"
           from sessions
           where user_id = wanted.id and ended_at is null and last_used_at > now() - $2 * interval '1 ms'
           order by last_used_at desc, id limit 100) living`,
        [userIds, refreshTokenLifetimeMs],
      ),

    /**
     * Ends a session of a user; returns how many ended, 0 or 1, and 0 for a session of somebody else. Returns undefined if there
     * is no such user or the calling session has ended.
     */
    endOne: (userId: string, callerSessionId: string, sessionId: string): Promise<number | undefined> =>
      database.transaction(async manager => {
        const user = await lockUser(manager, userId)
        if (user === undefined || (await hasEnded(manager, callerSessionId))) return undefined
        const alive = { id: sessionId, userId, endedAt: IsNull() }
        if (!isUuid(sessionId) || !(await manager.existsBy(sessionTable, alive))) return 0
        await endSession(manager, alive, 'logout')
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

/** n.b. whoever has a second factor signs in with it, whatever else they have shown. */
const beginUnlessTotp = async (
  manager: EntityManager,
  user: UserRow,
  issue: IssueAccessToken,
  beginning: Beginning,
): Promise<SignedIn | Refusal<'totpRequired'>> =>
  user.totpSince === null ? beginSession(manager, user, issue, beginning) : createChallenge(manager, user.id)
