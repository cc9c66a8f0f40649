import { randomUUID } from 'node:crypto'
import type { Identity } from '@supergraph/runtime/identity.ts'
import { networkOf } from '@supergraph/runtime/network.ts'
import { SessionEnded } from '@supergraph/schema/events/users.ts'
import { z } from 'zod'
import type { User } from './user.ts'

/** A sign-in and everything refreshed from it. */
export type Session = {
  /** A UUIDv7 of the moment the session began; the `sid` of its access tokens. */
  readonly id: string
  readonly userId: string
  readonly createdAt: Date
  readonly lastUsedAt: Date
  /** From which it was begun: an IPv4 address, or 64 bits of an IPv6 address; null if that is not known. */
  readonly network: string | null
  /** With which browser and system it was begun, in words; null if neither is a common one. */
  readonly device: string | null
  readonly endedAt: Date | null
  readonly endReason: EndReason | null
}

/** Where a session is begun, as far as that is known. */
export type SessionOrigin = { readonly network?: string | undefined; readonly device?: string | undefined }

/** The origin of a session that a client begins. */
export const originOf = ({
  clientAddress,
  clientDevice: device,
}: Pick<Identity, 'clientAddress' | 'clientDevice'>): SessionOrigin => ({
  network: clientAddress && networkOf(clientAddress),
  device,
})

/** Why a session ended before its time. */
export type EndReason = 'logout' | 'password-changed' | 'role-changed' | 'token-reused'

/** What the database keeps of a refresh token. */
export type RefreshToken = {
  readonly hash: string
  readonly sessionId: string
  readonly issuedAt: Date
  readonly expiresAt: Date
  readonly usedAt: Date | null
  /** What its successor was made with, for as long as its client may ask for the successor again. */
  readonly successorSalt: string | null
}

/** Signs an access token of this session that lives 10 minutes from `now` on. */
export type IssueAccessToken = (
  user: User,
  sessionId: string,
  now: Date,
) => Promise<{ readonly accessToken: string; readonly expiresAt: Date }>

const keyAdvice = 'Choose an idempotency key of 22 to 200 characters at random, such as a UUID.'

/** What a client sends for its next tokens. */
export const refreshInput = z.object({
  refreshToken: z.string(),
  // n.b. a key that can be guessed would let a thief of the spent token ask again
  idempotencyKey: z.string().min(22, { error: keyAdvice }).max(200, { error: keyAdvice }).nullish(),
})

/** How long a refresh token can be used, in ms. */
export const refreshTokenLifetimeMs = 30 * 24 * 60 * 60 * 1_000

/** How long the client of a spent refresh token may ask for its successor again, in ms. */
export const repeatableMs = 30_000

/**
 * Whether a refresh token can be used. A token that was used before is `reused`: two clients may have it, and only the key
 * that came with the first use tells that they are one.
 */
export const checkRefreshToken = (
  session: Pick<Session, 'endedAt'>,
  token: Pick<RefreshToken, 'usedAt' | 'expiresAt'>,
  now: Date,
): 'valid' | 'reused' | 'invalid' => {
  if (session.endedAt !== null) return 'invalid'
  if (token.usedAt !== null) return 'reused'
  return token.expiresAt.getTime() > now.getTime() ? 'valid' : 'invalid'
}

/** The event that one session of a user has ended or, if `sessionId` is null, every session that had begun. */
export const sessionEnded = (
  { userId, sessionId, reason }: Parameters<typeof SessionEnded.create>[0]['data'],
  { eventId, now }: { readonly eventId: string; readonly now: Date },
) =>
  SessionEnded.create({
    id: eventId,
    // n.b. an aggregate of its own, so that this event waits for no other event, such as the user's registration
    subject: sessionId ?? randomUUID(),
    version: 1,
    occurredAt: now,
    data: { userId, sessionId, reason },
  })
