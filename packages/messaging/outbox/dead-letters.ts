import { z } from 'zod'
import {
  type DeadLetter,
  type DeadLetters,
  isMeant,
  type NamedDeadLetters,
  namesIn,
  oldestFirst,
} from '../dead-letters.ts'
import { outboxChannel } from './outbox.ts'
import { type OutboxSession, openOutboxSession } from './session.ts'

/** Opens the dead letters of the in-process transport: they lie in the outbox of each event's publisher. */
export const openOutboxDeadLetters = (databaseUrls: readonly string[]): DeadLetters => {
  const outboxes = databaseUrls.map(url => openOutboxSession(url, 'dead letters'))
  const ofAll = async <T>(work: (outbox: OutboxSession) => Promise<readonly T[]>): Promise<readonly T[]> =>
    (await Promise.all(outboxes.map(work))).flat()
  const settle = async (statement: string, named: NamedDeadLetters): Promise<readonly DeadLetter[]> => {
    const settled = await ofAll(async outbox => {
      const meant = (await lettersOf(outbox)).filter(letter => isMeant(letter, named))
      const done: DeadLetter[] = []
      for (const letter of meant) {
        const settled = await outbox.rows(z.unknown(), statement, [letter.messageId, letter.queue])
        if (settled.length > 0) done.push(letter)
      }
      return done
    })
    return oldestFirst(settled)
  }

  return {
    list: async (filter = {}) =>
      oldestFirst((await ofAll(lettersOf)).filter(letter => isMeant(letter, filter))),
    replay: named => settle(replayStatement, named),
    drop: named => settle(dropStatement, named),
    stop: async () => {
      await Promise.all(outboxes.map(outbox => outbox.stop()))
    },
  }
}

// n.b. one statement for each letter: it notes where to replay and wakes the relay, or does neither
const replayStatement = `
  with replayed as (
    update outbox set
      dead_letters = jsonb_path_query_array(dead_letters, '$[*] ? (@.queue != $queue)', jsonb_build_object('queue', $2::text)),
      replay_to = array(select distinct unnest(replay_to || $2::text)),
      dead_at = null, published_at = null, attempts = 0, next_attempt_at = now(), last_error = null
    where message_id::text = $1 and dead_letters @> jsonb_build_array(jsonb_build_object('queue', $2::text))
    returning id)
  select id, pg_notify('${outboxChannel}', '') from replayed`

// n.b. a parked event whose last letter is dropped is done with
const dropStatement = `
  with dropped as (
    select id, jsonb_path_query_array(dead_letters, '$[*] ? (@.queue != $queue)', jsonb_build_object('queue', $2::text)) as rest
    from outbox
    where message_id::text = $1 and dead_letters @> jsonb_build_array(jsonb_build_object('queue', $2::text))
    for update)
  update outbox set
    dead_letters = rest,
    published_at = case when dead_at is not null and rest = '[]' then now() else published_at end,
    dead_at = case when rest <> '[]' then dead_at end
  from dropped where outbox.id = dropped.id
  returning outbox.id`

const lettersOf = async (outbox: OutboxSession): Promise<readonly DeadLetter[]> => {
  const letters = await outbox.rows(
    letterRow,
    `select message_id as "messageId", envelope, letter
     from outbox cross join lateral jsonb_array_elements(dead_letters) with ordinality as given (letter, position)
     where dead_letters <> '[]' order by id, position`,
  )
  return letters.map(({ letter, ...event }) => ({ ...event, ...namesIn(event.envelope), ...letter }))
}

const letterRow = z.object({
  messageId: z.string(),
  envelope: z.unknown(),
  letter: z.object({
    queue: z.string(),
    error: z.string(),
    attempts: z.int(),
    firstFailedAt: z.coerce.date(),
    lastFailedAt: z.coerce.date(),
  }),
})
