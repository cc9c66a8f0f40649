import { deleteInBatches } from '@supergraph/postgres/batches.ts'
import { affected, row, rows } from '@supergraph/postgres/statements.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { z } from 'zod'
import { type NewEmail, requestedKinds } from '../domain/email.ts'
import { announcingEmails } from './announcements.ts'
import { isDeleted } from './is-deleted.ts'

const claimedEmail = z.object({
  id: z.string(),
  userId: z.string(),
  /** An `EmailContent`, as it was stored. */
  payload: z.unknown(),
  /** Counts from 1. */
  attempt: z.int(),
  state: z.enum(['PENDING', 'SKIPPED', 'FAILED']),
  createdAt: z.date(),
  dueSince: z.date(),
  /** Of the span that has stored it. */
  traceparent: z.string().nullable(),
  address: z.string(),
  name: z.string(),
  locale: z.string(),
})

/** An e-mail to be sent now, and the address, name and locale of its recipient. */
export type DueEmail = Readonly<z.output<typeof claimedEmail>>

/** The e-mails; the database's clock decides which are due. */
export type EmailStore = ReturnType<typeof createEmailStore>

/** An e-mail is sent at most this long after its event. */
const sentWithinDays = 3
/** Until when an e-mail may be sent. n.b. least ignores what is null */
const sentBefore = (days: string) => `least(emails.expires_at, created_at + make_interval(days => ${days}))`
const keptDays = 90

export const createEmailStore = (database: DataSource) => ({
  /**
   * Takes at most `limit` due e-mails for `leaseMs`; after that, another sender may take them. E-mails that are too old,
   * or that their users don't want, are not sent but get their final state; `taken` counts them too.
   */
  claim: async (
    limit: number,
    leaseMs: number,
  ): Promise<{ readonly taken: number; readonly due: readonly DueEmail[] }> => {
    const claimed = await claimDue(database, limit, leaseMs)
    return { taken: claimed.length, due: claimed.filter(({ state }) => state === 'PENDING') }
  },

  markSent: async (id: string): Promise<void> => {
    await affected(
      database,
      `update emails set state = 'SENT', sent_at = now(), last_error = null where id = $1 and state <> 'SENT'`,
      [id],
    )
  },

  /**
   * Records why an attempt failed, unless a later attempt has begun. If `retryInMs` is null, or would be later than 3
   * days after the event or when the e-mail has expired, the e-mail is FAILED.
   */
  markFailed: async (
    { id, attempt }: DueEmail,
    error: string,
    retryInMs: number | null,
  ): Promise<'PENDING' | 'FAILED' | undefined> => {
    const failed = await row(
      database,
      z.object({ state: z.enum(['PENDING', 'FAILED']) }),
      `update emails set
         state = case
           when $4::float8 is null or now() + $4 * interval '1 ms' > ${sentBefore('$5')}
           then 'FAILED' else 'PENDING' end,
         due_at = now() + coalesce($4, 0) * interval '1 ms',
         last_error = $3
       where id = $1 and attempts = $2 and state = 'PENDING'
       returning state`,
      [id, attempt, error, retryInMs, sentWithinDays],
    )
    return failed?.state
  },

  /**
   * Makes an e-mail whose attempt has begun due again after `waitMs`, or about a quarter of its age, as if it had not begun;
   * if that would be later than 3 days after the event or when the e-mail has expired, or `waitMs` is null, it is SKIPPED.
   */
  markHeldBack: async (
    { id, attempt }: DueEmail,
    waitMs: number | null,
  ): Promise<'PENDING' | 'SKIPPED' | undefined> => {
    const heldBack = await row(
      database,
      z.object({ state: z.enum(['PENDING', 'SKIPPED']) }),
      `update emails set
         state = case
           when $3::float8 is null or now() + $3 * interval '1 ms' > ${sentBefore('$4')}
           then 'SKIPPED' else 'PENDING' end,
         due_at = now() + greatest(
           coalesce($3, 0) * interval '1 ms',
           -- n.b. thousands of e-mails that are held back would otherwise all be tried for each one that may be sent
           least(now() - created_at, interval '4 hours') * (0.125 + 0.25 * random())),
         attempts = attempts - 1,
         last_error = 'there are too many e-mails to this address'
       where id = $1 and attempts = $2 and state = 'PENDING'
       returning state`,
      [id, attempt, waitMs, sentWithinDays],
    )
    return heldBack?.state
  },

  /** How long until the next e-mail with a known recipient is due; undefined if none waits. */
  nextDueInMs: async (): Promise<number | undefined> => {
    const next = await row(
      database,
      z.object({ ms: z.number() }),
      `select (extract(epoch from due_at - now()) * 1000)::float8 as ms
       from emails join recipients using (user_id) where state = 'PENDING'
       order by due_at limit 1`,
    )
    return next && Math.max(next.ms, 0)
  },

  /** Gives up e-mails whose recipient stayed unknown for 3 days, and deletes what has been final for 90 days. */
  tidy: async (): Promise<void> => {
    await affected(
      database,
      `update emails set state = 'FAILED', last_error = 'the e-mail address of the user is not known'
       where state = 'PENDING' and created_at < now() - make_interval(days => $1)
         and not exists (select from recipients where recipients.user_id = emails.user_id)`,
      [sentWithinDays],
    )
    await deleteInBatches(
      database,
      `delete from emails where id = any (array(
         select id from emails where created_at < now() - make_interval(days => $2) and state <> 'PENDING'
         order by created_at limit $1 for update skip locked))`,
      [keptDays],
    )
    await deleteInBatches(
      database,
      `delete from withheld_notifications where (event_id, user_id) in (
         select event_id, user_id from withheld_notifications where created_at < now() - make_interval(days => $2)
         order by created_at limit $1 for update skip locked)`,
      [keptDays],
    )
  },
})

/**
 * Stores e-mails in the caller's transaction, once per event and user, but none for deleted accounts. They are sent after the commit, unless their users
 * have switched e-mail off and have not asked for the e-mail themselves.
 */
export const addEmails = async (
  manager: EntityManager,
  emails: readonly (NewEmail & { readonly traceparent?: string | undefined })[],
): Promise<void> => {
  await affected(
    manager,
    `with added as (
     insert into emails
       (id, user_id, event_id, kind, subject, payload, created_at, expires_at, traceparent, state, last_error)
     select id, given."userId", "eventId", content ->> 'kind', subject, content, "createdAt", "expiresAt", traceparent,
       case when enabled is false then 'SKIPPED' else 'PENDING' end,
       case when enabled is false then 'the user wants no e-mail' end
     from jsonb_to_recordset($1::jsonb) as given (
       id uuid, "userId" uuid, "eventId" uuid, subject text, content jsonb, "createdAt" timestamptz,
       "expiresAt" timestamptz, traceparent text)
     left join preferences on preferences.user_id = given."userId" and channel = 'EMAIL'
       and content ->> 'kind' <> all ($2)
     where not ${isDeleted('given."userId"')}
     on conflict (event_id, user_id) do nothing
     returning id)
     select ${announcingEmails} from added`,
    [JSON.stringify(emails), requestedKinds],
  )
}

/**
 * Stores e-mails that tell users that their accounts will be deleted, or will not. n.b. of a deletion that was cancelled meanwhile
 * nobody is told any more, in whatever order the events come
 */
export const addDeletionEmails = async (
  manager: EntityManager,
  emails: Parameters<typeof addEmails>[1],
): Promise<void> => {
  await addEmails(manager, emails)
  await affected(
    manager,
    `update emails set state = 'SKIPPED', last_error = 'the deletion was cancelled'
     where user_id = any ($1::uuid[]) and kind = 'ACCOUNT_DELETION' and state = 'PENDING' and exists (
       select from emails kept
       where kept.user_id = emails.user_id and kept.kind = 'ACCOUNT_KEPT' and kept.created_at >= emails.created_at)`,
    [emails.map(({ userId }) => userId)],
  )
}

const claimDue = (database: DataSource, limit: number, leaseMs: number) =>
  rows(
    database,
    claimedEmail,
    `with due as materialized (
       select emails.id, emails.due_at as since, coalesce(emails.payload ->> 'address', recipients.email) as address, recipients.name,
         coalesce(recipients.locale, 'en') as locale,
         preferences.enabled is not false or emails.kind = any ($4) as wanted,
         now() > ${sentBefore('$3')} as late
       from emails join recipients using (user_id)
       left join preferences on preferences.user_id = emails.user_id and preferences.channel = 'EMAIL'
       where emails.state = 'PENDING' and emails.due_at <= now()
       order by emails.due_at limit $1
       for update of emails skip locked
     )
     update emails set
       state = case
         when not wanted or (late and attempts = 0) then 'SKIPPED'
         when late then 'FAILED'
         else 'PENDING' end,
       last_error = case
         when not wanted then 'the user wants no e-mail'
         when late and attempts = 0 then 'its event was too long ago'
         else last_error end,
       attempts = case when wanted and not late then attempts + 1 else attempts end,
       due_at = now() + $2 * interval '1 ms'
     from due where emails.id = due.id
     returning emails.id, emails.user_id as "userId", payload, attempts as attempt, state, created_at as "createdAt",
       due.since as "dueSince", traceparent, due.address, due.name, due.locale`,
    [limit, leaseMs, sentWithinDays, requestedKinds],
  )
