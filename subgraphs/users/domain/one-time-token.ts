import { randomBytes } from 'node:crypto'
import { UserPasswordResetRequested } from '@supergraph/schema/events/users.ts'
import type { TokenPurpose } from '@supergraph/schema/sealed-token.ts'
import { hashOf } from './refresh-token.ts'

const tokenBytes = 32

/** How long a token that allows a new password works after it was asked for, in minutes. */
export const passwordResetMinutes = 30

/** What the database keeps of a token that somebody gets by e-mail; a user has one for each purpose. */
export type OneTimeToken = {
  readonly hash: string
  readonly userId: string
  readonly purpose: TokenPurpose
  readonly expiresAt: Date
}

/** A new token, 256 random bits in base64url, and the hash that the database keeps of it. */
export const createOneTimeToken = (): { readonly token: string; readonly hash: string } => {
  const token = randomBytes(tokenBytes).toString('base64url')
  return { token, hash: hashOf(token) }
}

/** The event that a token was made with which its user may choose a new password. */
export const passwordResetRequested = (
  { userId, sealedToken, expiresAt }: { userId: string; sealedToken: string; expiresAt: Date },
  { eventId, now }: { readonly eventId: string; readonly now: Date },
) =>
  UserPasswordResetRequested.create({
    id: eventId,
    subject: eventId,
    version: 1,
    occurredAt: now,
    data: { userId, sealedToken, expiresAt: expiresAt.toISOString() },
  })
