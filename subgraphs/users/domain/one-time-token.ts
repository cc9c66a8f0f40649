import { randomBytes } from 'node:crypto'
import { isAsciiAddress } from '@supergraph/schema/email-address.ts'
import {
  UserLinkCreated,
  UserLinkCreatedV2,
  UserPasswordResetRequested,
} from '@supergraph/schema/events/users.ts'
import type { TokenPurpose } from '@supergraph/schema/sealed-token.ts'
import { hashOf } from './refresh-token.ts'

const tokenBytes = 32

/** How long a token that allows a new password works after it was asked for, in minutes. */
export const passwordResetMinutes = 30

/** How long the token of a link works, in minutes. */
export const linkMinutes = {
  'email-verification': 24 * 60,
  'email-change': 60,
  'email-change-undo': 7 * 24 * 60,
} as const

/** What a link is for, besides a new password. */
export type LinkPurpose = keyof typeof linkMinutes

/** What the database keeps of a token that somebody gets by e-mail; a user has one for each purpose. */
export type OneTimeToken = {
  readonly hash: string
  readonly userId: string
  readonly purpose: TokenPurpose
  readonly expiresAt: Date
  /** The canonical address that it was sent to, unless it is for a new password. */
  readonly email?: string | null
  /** The same address as its owner writes it, if that is another form. */
  readonly shownEmail?: string | null | undefined
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

/** The event that a token was made that shows whose an address is. */
export const linkCreated = (
  {
    expiresAt,
    ...link
  }: Omit<Parameters<typeof UserLinkCreated.create>[0]['data'], 'expiresAt'> & {
    readonly expiresAt: Date
  },
  { eventId, now }: { readonly eventId: string; readonly now: Date },
) =>
  (isAsciiAddress(link.email) ? UserLinkCreated : UserLinkCreatedV2).create({
    id: eventId,
    subject: eventId,
    version: 1,
    occurredAt: now,
    data: { ...link, expiresAt: expiresAt.toISOString() },
  })
