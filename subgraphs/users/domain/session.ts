import { randomUUID } from 'node:crypto'
import { SessionEnded } from '@supergraph/schema/events/users.ts'

/** A sign-in and everything refreshed from it. */
export type SignIn = {
  /** A UUIDv7 of the moment it began; the `sid` of its access tokens. */
  readonly id: string
  readonly userId: string
  readonly createdAt: Date
  readonly lastUsedAt: Date
  readonly endedAt: Date | null
  readonly endReason: EndReason | null
}

/** Why a sign-in ended before its time. */
export type EndReason = 'logout' | 'password-changed' | 'role-changed' | 'token-reused'

/** What is kept of a refresh token. */
export type RefreshTokenRecord = {
  readonly hash: string
  readonly sessionId: string
  readonly issuedAt: Date
  readonly expiresAt: Date
  readonly usedAt: Date | null
}

/** How long a refresh token can be used, in ms. */
export const refreshTokenLifetimeMs = 30 * 24 * 60 * 60 * 1_000

/**
 * What a refresh token is good for. One that was used before is in two hands, and which of them is the thief's can't
 * be told: `reused`, without a period of grace.
 */
export const judge = (
  signIn: Pick<SignIn, 'endedAt'>,
  token: Pick<RefreshTokenRecord, 'usedAt' | 'expiresAt'>,
  now: Date,
): 'valid' | 'reused' | 'invalid' => {
  if (signIn.endedAt !== null) return 'invalid'
  if (token.usedAt !== null) return 'reused'
  return token.expiresAt.getTime() > now.getTime() ? 'valid' : 'invalid'
}

/** Says that one session of a user has ended, or with null all that had begun. */
export const sessionEnded = (
  { userId, sessionId, reason }: Parameters<typeof SessionEnded.create>[0]['data'],
  { eventId, now }: { readonly eventId: string; readonly now: Date },
) =>
  SessionEnded.create({
    id: eventId,
    // n.b. an aggregate of its own, so that it waits for no other event, such as the user's registration: an end is
    // final, whatever came before it
    subject: sessionId ?? randomUUID(),
    version: 1,
    occurredAt: now,
    data: { userId, sessionId, reason },
  })
