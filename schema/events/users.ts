import { defineEvent } from '@supergraph/messaging/envelope.ts'
import { sensitive } from '@supergraph/messaging/sensitive.ts'
import { z } from 'zod'

/** n.b. as browsers take it; the default pattern refuses addresses that people have, such as h&m.fan@example.com */
const email = sensitive(z.email({ pattern: z.regexes.html5Email }))
/** n.b. for events of an address that has other than ASCII characters before the @, which readers of before refuse */
const anyEmail = sensitive(z.string().regex(/^[^\s@]+@[a-z\d.-]+$/))
const name = sensitive(z.string())
/** BCP 47, in which language and notation to write to somebody; missing in events of before. */
const locale = z.string().optional()

/** Someone opened an account. Subject: the user; version 1. */
export const UserRegistered = defineEvent({
  type: 'user.registered',
  source: 'users',
  data: z.object({
    userId: z.uuid(),
    name,
    /** In ASCII, with the domain in punycode; missing in events of before e-mail. */
    email: email.optional(),
    locale,
  }),
})

/** The same of someone whose address has other than ASCII characters before the @; all others are told by `user.registered`. */
export const UserRegisteredV2 = defineEvent({
  type: 'user.registered.v2',
  source: 'users',
  data: z.object({ userId: z.uuid(), name, email: anyEmail, locale }),
})

/** Someone's name, e-mail address or locale is another one now. Subject: the user; the version grows by one with each change. */
export const UserUpdated = defineEvent({
  type: 'user.updated',
  source: 'users',
  data: z.object({ userId: z.uuid(), name, email, locale }),
})

/** The same of someone whose address has other than ASCII characters before the @. */
export const UserUpdatedV2 = defineEvent({
  type: 'user.updated.v2',
  source: 'users',
  data: z.object({ userId: z.uuid(), name, email: anyEmail, locale }),
})

/**
 * Somebody asked for a new password for an account, and a token was made that allows it. Subject: an id of this event's own, so
 * that it waits for nothing else about the user; version 1.
 */
export const UserPasswordResetRequested = defineEvent({
  type: 'user.password-reset-requested',
  source: 'users',
  data: z.object({
    userId: z.uuid(),
    /** The token, sealed by LINK_KEYS for the purpose `password-reset` and this user: events are kept for days. */
    sealedToken: sensitive(z.string()),
    /** Until when the token works. */
    expiresAt: z.iso.datetime(),
  }),
})

const linkData = <Email extends z.ZodType>(to: Email) =>
  z.object({
    userId: z.uuid(),
    purpose: z.enum(['email-verification', 'email-change', 'email-change-undo']),
    /** Where the link is sent to, which need not be the user's address. */
    email: to,
    /** The token, sealed by LINK_KEYS for its purpose and this user: events are kept for days. */
    sealedToken: sensitive(z.string()),
    /** Until when the token works. */
    expiresAt: z.iso.datetime(),
  })

/**
 * A link was made that shows whose an e-mail address is, or lets the owner of an earlier address have it back. Subject: an id of this
 * event's own, so that it waits for nothing else about the user; version 1.
 */
export const UserLinkCreated = defineEvent({
  type: 'user.link-created',
  source: 'users',
  data: linkData(email),
})

/** The same for a link to an address that has other than ASCII characters before the @. */
export const UserLinkCreatedV2 = defineEvent({
  type: 'user.link-created.v2',
  source: 'users',
  data: linkData(anyEmail),
})

/**
 * The second factor of a user was switched on or off, or its recovery codes were used or renewed. Subject: an id of this event's
 * own; version 1.
 */
export const UserTotpChanged = defineEvent({
  type: 'user.totp-changed',
  source: 'users',
  data: z.object({
    userId: z.uuid(),
    change: z.enum(['enabled', 'disabled', 'recovery-code-used', 'recovery-codes-renewed']),
    recoveryCodesLeft: z.int(),
  }),
})

/**
 * Sessions of a user ended: the one named, or all of them. Subject: the session, or for all of them an id of this event's
 * own, so that it waits for nothing else about the user; version 1.
 */
export const SessionEnded = defineEvent({
  type: 'session.ended',
  source: 'users',
  data: z.object({
    userId: z.uuid(),
    /** Null: every session that was begun before the event. */
    sessionId: z.uuid().nullable(),
    reason: z.enum(['logout', 'password-changed', 'role-changed', 'token-reused']),
  }),
})

/** Somebody wants their account deleted: it will be at `dueAt`, unless they cancel that. Subject: an id of this event's own; version 1. */
export const UserDeletionRequested = defineEvent({
  type: 'user.deletion-requested',
  source: 'users',
  data: z.object({ userId: z.uuid(), dueAt: z.iso.datetime() }),
})

/** Somebody keeps an account that was to be deleted. Subject: an id of this event's own; version 1. */
export const UserDeletionCancelled = defineEvent({
  type: 'user.deletion-cancelled',
  source: 'users',
  data: z.object({ userId: z.uuid() }),
})

/**
 * An account is gone: whoever has something of its person forgets it now, and takes nothing more of it. Subject: the user, whose
 * last event this is.
 */
export const UserDeleted = defineEvent({
  type: 'user.deleted',
  source: 'users',
  data: z.object({ userId: z.uuid() }),
})
