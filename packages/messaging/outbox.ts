import type { EntityManager } from 'typeorm'
import type { Envelope } from './envelope.ts'

/** The PostgreSQL notification channel that an insert into the outbox wakes. */
export const outboxChannel = 'outbox'

/** An event that waits in the outbox, and how often its publication has failed. */
export type PendingEvent = { readonly id: string; readonly attempts: number; readonly envelope: Envelope }

/** What the outbox keeps of a failed publication; `dead` parks the event for good and lets later ones pass. */
export type PublicationFailure = {
  /** Of the outbox row. */
  readonly id: string
  readonly error: string
  readonly retryAfterMs: number
  readonly dead: boolean
}

/** Writes the events, in order, in one statement of the caller's transaction; they are published once it has committed. */
export const appendToOutbox = async (manager: EntityManager, events: readonly Envelope[]): Promise<void> => {
  if (events.length === 0) return
  await manager.query(
    `insert into outbox (message_id, aggregate_id, envelope)
     select (event ->> 'id')::uuid, event ->> 'subject', event
     from jsonb_array_elements($1::jsonb) with ordinality as given (event, position)
     order by position`,
    [JSON.stringify(events)],
  )
}

/** Locks the next events that may be published now: at most one per aggregate, its earliest, unless another relay has it. */
export const takeHeads = async (manager: EntityManager, limit: number): Promise<readonly PendingEvent[]> => {
  // n.b. ids follow the order of commits only within an aggregate whose writers lock it; nothing else is ordered.
  const heads: PendingEvent[] = await manager.query(
    `select id, attempts, envelope from outbox as head
     where published_at is null and dead_at is null and next_attempt_at <= now()
       and not exists (
         select from outbox as earlier
         where earlier.aggregate_id = head.aggregate_id and earlier.id < head.id
           and earlier.published_at is null and earlier.dead_at is null)
     order by id limit $1
     for update skip locked`,
    [limit],
  )
  return heads
}

/** Marks the events as published. */
export const markPublished = async (manager: EntityManager, ids: readonly string[]): Promise<void> => {
  if (ids.length === 0) return
  await manager.query(
    `update outbox set published_at = now(), attempts = attempts + 1, last_error = null where id = any ($1::bigint[])`,
    [ids],
  )
}

/** Keeps why each publication failed and when it is tried again, or parks the event. */
export const markFailed = async (
  manager: EntityManager,
  failures: readonly PublicationFailure[],
): Promise<void> => {
  if (failures.length === 0) return
  await manager.query(
    `update outbox set attempts = attempts + 1, last_error = failure.error,
       next_attempt_at = clock_timestamp() + make_interval(secs => failure."retryAfterMs" / 1000.0),
       dead_at = case when failure.dead then now() end
     from jsonb_to_recordset($1::jsonb) as failure (id bigint, error text, "retryAfterMs" float8, dead boolean)
     where outbox.id = failure.id`,
    [JSON.stringify(failures)],
  )
}

/** How long until the next event that backs off is due; undefined where none does. */
export const nextDueInMs = async (manager: EntityManager): Promise<number | undefined> => {
  const [next]: readonly { readonly ms: number | null }[] = await manager.query(
    `select ceil(extract(epoch from min(next_attempt_at) - now()) * 1000)::int as ms from outbox
     where published_at is null and dead_at is null and next_attempt_at > now()`,
  )
  return next?.ms ?? undefined
}
