import { defineEvent } from '@supergraph/messaging/envelope.ts'
import { sensitive } from '@supergraph/messaging/sensitive.ts'
import { z } from 'zod'

/** n.b. as browsers take it; the default pattern refuses addresses that people have, such as h&m.fan@example.com */
const email = sensitive(z.email({ pattern: z.regexes.html5Email }))
const name = sensitive(z.string())

/** Someone opened an account. Subject: the user; version 1. */
export const UserRegistered = defineEvent({
  type: 'user.registered',
  source: 'users',
  data: z.object({
    userId: z.uuid(),
    name,
    /** In ASCII, with the domain in punycode; missing in events of before e-mail. */
    email: email.optional(),
  }),
})

/** Someone's name or e-mail address is another one now. Subject: the user; the version grows by one with each change. */
export const UserUpdated = defineEvent({
  type: 'user.updated',
  source: 'users',
  data: z.object({ userId: z.uuid(), name, email }),
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
