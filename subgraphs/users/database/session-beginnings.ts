import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { EntityManager } from 'typeorm'
import { createRefreshToken, type TokenWithHash } from '../domain/refresh-token.ts'
import { type IssueAccessToken, refreshTokenLifetimeMs, type SessionOrigin } from '../domain/session.ts'
import { readClock } from './clock.ts'
import { refreshTokenTable, sessionTable, type UserRow } from './tables.ts'

/** A user who has just proved who they are, and the tokens of their session. */
export type SignedIn = {
  readonly user: UserRow
  readonly accessToken: string
  readonly refreshToken: string
  readonly expiresAt: Date
}

/** Where a session is begun, and how much later than now. */
export type Beginning = SessionOrigin & { readonly laterByMs?: number }

/** Begins a session. n.b. this transaction must have locked or inserted the user's row. */
export const beginSession = async (
  manager: EntityManager,
  user: UserRow,
  issue: IssueAccessToken,
  { network, device, laterByMs = 0 }: Beginning,
): Promise<SignedIn> => {
  const now = new Date((await readClock(manager)).getTime() + laterByMs)
  const id = uuidv7(now.getTime())
  await manager.insert(sessionTable, {
    id,
    userId: user.id,
    createdAt: now,
    lastUsedAt: now,
    network: network ?? null,
    device: device ?? null,
  })
  return nextTokens(manager, user, id, issue, now)
}

/** Saves the next refresh token of a session, and signs an access token. */
export const nextTokens = async (
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
