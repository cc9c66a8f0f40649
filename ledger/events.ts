import { z } from 'zod'
import type { Database, Databases } from './databases.ts'
import { emailsBegin } from './order-reader.ts'
import { countRows, idPages, type Subject } from './subject.ts'
import { type Violation, violation } from './violations.ts'

/** Checks that the events of one publisher leave its outbox, and that those for a new user reach the user. */
export const eventsOf = (publisher: Database, databases: Databases): Subject => ({
  count: () => countRows(publisher, 'outbox'),
  // n.b. all of them: no index tells those that wait from those for new users
  pages: () =>
    idPages(
      publisher,
      'select message_id as id, outbox.id as key from outbox where outbox.id > $1 order by outbox.id limit $2',
      '0',
    ),
  check: async ids =>
    (await readEvents(publisher, databases, ids)).map(event => ({
      id: event.id,
      violations: checkEvent(event),
      totals: { events: 1 },
    })),
})

/** An event leaves its outbox, and reaches the user whom it is for. */
export const checkEvent = (event: PublishedEvent): readonly Violation[] => {
  const { id, type, subject, state, error, isTold, isEmailed } = event
  if (state === 'dead' || state === 'overdue') {
    const detail = `${type}, ${state === 'dead' ? 'given up on' : 'unpublished for a minute'}: ${error ?? 'not tried'}`
    return [violation('event-stuck', id, detail, [subject])]
  }
  if (state !== 'published') return []
  if (isTold === false) return [violation('notification-missing', subject, `not told of ${type}`, [id])]
  return isEmailed === false ? [violation('email-missing', subject, `no e-mail of ${type}`, [id])] : []
}

/** An event in the outbox of its publisher. Only news for a user has `isTold` and `isEmailed`: whether the user got it. */
export type PublishedEvent = z.output<typeof eventRecord> & {
  readonly isTold: boolean | null
  readonly isEmailed: boolean | null
}

const eventRecord = z.object({
  id: z.string(),
  type: z.string(),
  subject: z.string(),
  state: z.enum(['published', 'waiting', 'overdue', 'dead']),
  error: z.string().nullable(),
})

const welcomeRecord = z.object({ id: z.string(), isEmailed: z.boolean() })

const readEvents = async (
  publisher: Database,
  { notifications }: Databases,
  ids: readonly string[],
): Promise<readonly PublishedEvent[]> => {
  const events = await publisher.rows(eventRecord, eventQuery, [ids])
  const registrations = events.filter(({ type }) => type === 'user.registered').map(({ id }) => id)
  const welcomes =
    registrations.length === 0 ? [] : await notifications.rows(welcomeRecord, welcomeQuery, [registrations])
  const isEmailed = new Map(welcomes.map(welcome => [welcome.id, welcome.isEmailed]))
  return events.map(event =>
    event.type === 'user.registered'
      ? { ...event, isTold: isEmailed.has(event.id), isEmailed: isEmailed.get(event.id) ?? false }
      : { ...event, isTold: null, isEmailed: null },
  )
}

const eventQuery = `
  select message_id as id, envelope ->> 'type' as type, aggregate_id as subject, last_error as error,
    case
      when published_at is not null then 'published'
      when dead_at is not null then 'dead'
      when created_at < now() - interval '1 minute' then 'overdue'
      else 'waiting'
    end as state
  from outbox where message_id = any ($1::uuid[])`

// n.b. a notification that was withheld because its user wishes so counts as told
const welcomeQuery = `
  with told as (
    select event_id, user_id, created_at from notifications where event_id = any ($1::uuid[])
    union select event_id, user_id, created_at from withheld_notifications where event_id = any ($1::uuid[])
  )
  select event_id as id,
    created_at < ${emailsBegin}
    or exists (select from emails where emails.event_id = told.event_id and emails.user_id = told.user_id) as "isEmailed"
  from told`
