import { bigint } from '@supergraph/postgres/bigint.ts'
import { row, rows } from '@supergraph/postgres/statements.ts'
import { currentTraceparent } from '@supergraph/runtime/trace-context.ts'
import type { EntityManager } from 'typeorm'
import { z } from 'zod'
import type { Envelope } from '../envelope.ts'
import { traceCreation } from '../event-spans.ts'
import type { GivenUp } from '../transport.ts'

/** The PostgreSQL notification channel that an insert into the outbox wakes. */
export const outboxChannel = 'outbox'

/** An event that waits in the outbox, and how often its publication has failed. */
export type PendingEvent = {
  readonly id: number
  readonly attempts: number
  /** Not parsed: one malformed envelope must not keep the others from being published. */
  readonly envelope: unknown
  /** If the event is replayed, the only queues that get it; else null. */
  readonly replayTo: readonly string[] | null
}

/** What the outbox keeps of a failed publication; `givenUp` parks the event and lets later ones pass. */
export type PublicationFailure = {
  /** Of the outbox row. */
  readonly id: number
  readonly error: string
  readonly retryAfterMs: number
  readonly givenUp: readonly GivenUp[]
}

/**
 * Writes the events, in order, in one statement of the caller's transaction; they are published once it has committed,
 * and carry the trace that the caller runs in.
 */
export const appendToOutbox = async (manager: EntityManager, events: readonly Envelope[]): Promise<void> => {
  if (events.length === 0) return
  await manager.query(outboxInsert('$1'), [outboxEvents(events)])
}

/**
 * The same write as a part of another statement, which names it in its `with`. `events` is an SQL expression for what
 * `outboxEvents` gives as a parameter; if it is null, nothing is written:
 *
 *     with changed as (update orders set … where id = $1 and version = $2 returning id),
 *       published as (${outboxInsert('(select $3 from changed)')})
 *     select …
 *
 * n.b. Unless an earlier statement of the transaction has locked the aggregate, the expression must read from the part
 * that locks it. PostgreSQL could else number the events before it waits for the lock, and the relay would publish them
 * before those of the transaction that it waits for.
 */
export const outboxInsert = (events: string): string =>
  `insert into outbox (message_id, aggregate_id, envelope)
   select (event ->> 'id')::uuid, event ->> 'subject', event
   from jsonb_array_elements(${events}::jsonb) with ordinality as given (event, position)
   order by position`

/** The events as a parameter for `outboxInsert`; they carry the trace that the caller runs in. */
export const outboxEvents = (events: readonly Envelope[]): string => {
  const trace = currentTraceparent()
  return JSON.stringify(
    events.map(event => ({ ...event, traceparent: event.traceparent ?? traceCreation(event) ?? trace })),
  )
}

/** Which events a relay takes at a time: of at most so many aggregates, each at most `runLength`. */
type Take = {
  /** Only aggregates whose id is greater; with '' all of them. */
  readonly after: string
  readonly aggregates: number
  readonly runLength: number
}

/** The events of an aggregate that are due, in order. */
export type Run = { readonly aggregateId: string; readonly events: readonly PendingEvent[] }

/**
 * Locks the next aggregates, in the order of their ids, whose earliest pending event may be published now, unless another
 * relay has them, and returns the run of each.
 */
export const takeRuns = async (
  manager: EntityManager,
  { after, aggregates, runLength }: Take,
): Promise<readonly Run[]> => {
  // n.b. ids follow the order of commits only within an aggregate whose writers lock it; nothing else is ordered.
  // n.b. a relay that has locked the head has the aggregate: the rest of its run needs no lock.
  // n.b. the recursion goes from aggregate to aggregate, whatever the length of their runs: if it went from event to event
  // it would read a million events of one aggregate for each batch. The predicate has `coalesce` because the index
  // outbox_pending_by_aggregate has it, so that the planner can choose no other.
  const events = await rows(
    manager,
    pendingRow,
    `with recursive earliest as (
       (select aggregate_id, id from outbox
        where coalesce(published_at, dead_at) is null and aggregate_id > $3
        order by aggregate_id, id limit 1)
       union all
       select next.* from earliest cross join lateral (
         select aggregate_id, id from outbox
         where coalesce(published_at, dead_at) is null and aggregate_id > earliest.aggregate_id
         order by aggregate_id, id limit 1) as next),
     heads as (
       select head.* from earliest cross join lateral (
         select id, aggregate_id from outbox
         where id = earliest.id and coalesce(published_at, dead_at) is null and next_attempt_at <= now()
         for no key update skip locked) as head
       limit $1)
     select event.* from heads cross join lateral (
       select aggregate_id as "aggregateId", id, attempts, envelope, replay_to as "replayTo",
         next_attempt_at <= now() as due
       from outbox
       where aggregate_id = heads.aggregate_id and coalesce(published_at, dead_at) is null
       order by aggregate_id, id limit $2) as event
     order by "aggregateId", event.id`,
    [aggregates, runLength, after],
  )
  return [...Map.groupBy(events, event => event.aggregateId)].map(([aggregateId, run]) => {
    const end = run.findIndex(event => !event.due)
    return { aggregateId, events: end === -1 ? run : run.slice(0, end) }
  })
}

const pendingRow = z.object({
  aggregateId: z.string(),
  due: z.boolean(),
  id: bigint,
  attempts: z.int(),
  envelope: z.unknown(),
  replayTo: z.array(z.string()).nullable(),
})

/** Marks the events as published. */
export const markPublished = async (manager: EntityManager, ids: readonly number[]): Promise<void> => {
  if (ids.length === 0) return
  await manager.query(
    `update outbox set published_at = now(), attempts = attempts + 1, last_error = null, replay_to = null
     where id = any ($1::bigint[])`,
    [ids],
  )
}

/** Keeps why each publication failed and when it is tried again, or parks the event with who gave it up. */
export const markFailed = async (
  manager: EntityManager,
  failures: readonly PublicationFailure[],
): Promise<void> => {
  if (failures.length === 0) return
  await manager.query(
    `update outbox set attempts = attempts + 1, last_error = failure.error,
       next_attempt_at = clock_timestamp() + make_interval(secs => failure."retryAfterMs" / 1000.0),
       dead_at = case when failure."givenUp" <> '[]' then now() end,
       replay_to = case when failure."givenUp" = '[]' then replay_to end,
       dead_letters = dead_letters || failure."givenUp"
     from jsonb_to_recordset($1::jsonb)
       as failure (id bigint, error text, "retryAfterMs" float8, "givenUp" jsonb)
     where outbox.id = failure.id`,
    [JSON.stringify(failures)],
  )
}

/** How long until the next event that backs off is due; undefined if none does. */
export const nextDueInMs = async (manager: EntityManager): Promise<number | undefined> => {
  const next = await row(
    manager,
    z.object({ ms: z.int() }),
    `select ceil(extract(epoch from next_attempt_at - now()) * 1000)::int as ms from outbox
     where attempts > 0 and coalesce(published_at, dead_at) is null and next_attempt_at > now()
     order by next_attempt_at limit 1`,
  )
  return next?.ms
}
