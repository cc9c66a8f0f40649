import type { DataSource, EntityManager } from 'typeorm'
import type { NewEmail } from '../domain/email.ts'
import { announceEmails } from './announcements.ts'

/** An e-mail to be sent now, and to whom. */
export type DueEmail = {
  readonly id: string
  readonly subject: string
  /** An `EmailContent`, as it was stored. */
  readonly payload: unknown
  /** Counts from 1. */
  readonly attempt: number
  readonly createdAt: Date
  readonly to: { readonly address: string; readonly name: string }
}

/** The e-mails; the database's clock says what is due. */
export type EmailStore = ReturnType<typeof createEmailStore>

/** How long after its event an e-mail is still worth sending. */
const worthDays = 3
const keptDays = 90
const rowsPerStatement = 1_000

export const createEmailStore = (dataSource: DataSource) => ({
  /**
   * Takes at most `limit` due e-mails for `leaseMs`, after which another sender may take them. Those that their users
   * don't want, or that are too old, are settled instead; `taken` counts them too.
   */
  claim: async (
    limit: number,
    leaseMs: number,
  ): Promise<{ readonly taken: number; readonly due: readonly DueEmail[] }> => {
    // n.b. TypeORM answers an UPDATE with [rows, number]
    const [rows]: readonly [readonly ClaimedRow[], number] = await dataSource.query(
      `with due as materialized (
         select emails.id, recipients.email as address, recipients.name,
           preferences.enabled is not false as wanted,
           emails.created_at < now() - make_interval(days => $3) as late
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
       returning emails.id, subject, payload, attempts as attempt, state, created_at as "createdAt", due.address, due.name`,
      [limit, leaseMs, worthDays],
    )
    const due = rows
      .filter(({ state }) => state === 'PENDING')
      .map(({ address, name, state: _, ...email }) => ({ ...email, to: { address, name } }))
    return { taken: rows.length, due }
  },

  markSent: async (id: string): Promise<void> => {
    await dataSource.query(
      `update emails set state = 'SENT', sent_at = now(), last_error = null where id = $1 and state <> 'SENT'`,
      [id],
    )
  },

  /** Keeps why an attempt failed, unless a later one has begun: given up on where `retryInMs` is null or past 3 days. */
  markFailed: async (
    { id, attempt }: DueEmail,
    error: string,
    retryInMs: number | null,
  ): Promise<'PENDING' | 'FAILED' | undefined> => {
    const [rows]: readonly [readonly { readonly state: 'PENDING' | 'FAILED' }[], number] =
      await dataSource.query(
        `update emails set
           state = case
             when $4::float8 is null or now() + $4 * interval '1 ms' > created_at + make_interval(days => $5)
             then 'FAILED' else 'PENDING' end,
           due_at = now() + coalesce($4, 0) * interval '1 ms',
           last_error = $3
         where id = $1 and attempts = $2 and state = 'PENDING'
         returning state`,
        [id, attempt, error, retryInMs, worthDays],
      )
    return rows[0]?.state
  },

  /** How long until the next one whose recipient is known is due; undefined where none waits. */
  nextDueInMs: async (): Promise<number | undefined> => {
    const [next]: readonly { readonly ms: number | null }[] = await dataSource.query(
      `select (extract(epoch from min(due_at) - now()) * 1000)::float8 as ms
       from emails join recipients using (user_id) where state = 'PENDING'`,
    )
    return next?.ms === null || next === undefined ? undefined : Math.max(next.ms, 0)
  },

  /** Gives up on those whose recipient stayed unknown for 3 days, and forgets what is settled for 90. */
  tidy: async (): Promise<void> => {
    await dataSource.query(
      `update emails set state = 'FAILED', last_error = 'the e-mail address of the user is not known'
       where state = 'PENDING' and created_at < now() - make_interval(days => $1)
         and not exists (select from recipients where recipients.user_id = emails.user_id)`,
      [worthDays],
    )
    for (const statement of [oldEmails, oldWithheld]) {
      for (let deleted = rowsPerStatement; deleted === rowsPerStatement; ) {
        const [, rows]: [unknown, number] = await dataSource.query(statement, [keptDays, rowsPerStatement])
        deleted = rows
      }
    }
  },
})

/**
 * Stores an e-mail in the caller's transaction, once per event and user; it is sent once that has committed, unless its
 * user has switched e-mail off.
 */
export const addEmail = async (
  manager: EntityManager,
  { id, userId, eventId, subject, content, createdAt }: NewEmail,
): Promise<void> => {
  const inserted: readonly unknown[] = await manager.query(
    `insert into emails (id, user_id, event_id, kind, subject, payload, created_at, state, last_error)
     select $1, $2, $3, $4, $5, $6, $7,
       case when is_off then 'SKIPPED' else 'PENDING' end,
       case when is_off then 'the user wants no e-mail' end
     from (
       select exists (select from preferences where user_id = $2 and channel = 'EMAIL' and not enabled) as is_off
     ) as preference
     on conflict (event_id, user_id) do nothing
     returning id`,
    [id, userId, eventId, content.kind, subject, JSON.stringify(content), createdAt],
  )
  if (inserted.length > 0) await announceEmails(manager)
}

type ClaimedRow = Omit<DueEmail, 'to'> & {
  readonly state: string
  readonly address: string
  readonly name: string
}

const oldEmails = `
  delete from emails where id in (
    select id from emails where created_at < now() - make_interval(days => $1) and state <> 'PENDING'
    order by created_at limit $2 for update skip locked)`

const oldWithheld = `
  delete from withheld_notifications where (event_id, user_id) in (
    select event_id, user_id from withheld_notifications where created_at < now() - make_interval(days => $1)
    order by created_at limit $2 for update skip locked)`
