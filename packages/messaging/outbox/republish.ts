import { rows } from '@supergraph/postgres/statements.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'
import { outboxChannel } from './outbox.ts'

/**
 * Lets the relay send events again that were published before, to these queues alone and to those that wait for them already.
 * Returns how many it did so for: published events are kept for seven days, and what is to be sent to everybody still is left alone.
 */
export const republish = async (
  database: DataSource,
  messageIds: readonly string[],
  queues: readonly string[],
): Promise<number> => {
  const again = await rows(
    database,
    z.unknown(),
    // n.b. its age counts from now, since it waits anew
    `with again as (
       update outbox set published_at = null, attempts = 0, next_attempt_at = now(), created_at = now(), last_error = null,
         replay_to = array(select distinct unnest(coalesce(replay_to, '{}') || $2::text[]))
       where message_id = any ($1::uuid[]) and dead_at is null
         and (published_at is not null or not replay_to @> $2::text[])
       returning id)
     select id, pg_notify('${outboxChannel}', '') from again`,
    [messageIds, queues],
  )
  return again.length
}

/** Lets queues take events again that they have handled before. */
export const forgetHandled = async (
  database: DataSource,
  messageIds: readonly string[],
  queues: readonly string[],
): Promise<void> => {
  await database.query('delete from inbox where message_id = any ($1::uuid[]) and queue = any ($2)', [
    messageIds,
    queues,
  ])
}
