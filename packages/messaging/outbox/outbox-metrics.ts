import { defineReading, keptFor } from '@supergraph/metrics/metrics.ts'
import { rows } from '@supergraph/postgres/statements.ts'
import { type Running, together } from '@supergraph/runtime/lifecycle.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'

const events = defineReading({
  kind: 'level',
  name: 'supergraph_outbox_events',
  help: 'Events in an outbox, counted to 10,000 at most; state is pending, or dead if a consumer in this process gave up on it.',
  labels: ['outbox', 'state'],
})

const oldestSeconds = defineReading({
  kind: 'level',
  name: 'supergraph_outbox_oldest_seconds',
  help: 'Age of the oldest event in an outbox that is not published, among the first 10,000 by aggregate.',
  labels: ['outbox'],
})

const keptMs = 5_000

// n.b. each count reads an index that holds only what it counts, and at most 10,000 of its rows
const statement = `
  with pending as (
    select envelope ->> 'time' as time from outbox where coalesce(published_at, dead_at) is null
    order by aggregate_id, id limit 10000)
  select
    (select count(*)::int from pending) as pending,
    (select count(*)::int from (select from outbox where dead_letters <> '[]' limit 10000) as dead) as dead,
    coalesce((select extract(epoch from now() - min(time::timestamptz)) from pending), 0)::float8 as "oldestSeconds"`

const shape = z.object({ pending: z.int(), dead: z.int(), oldestSeconds: z.number() })

/** Reads how much waits in an outbox, at most every 5 s and only if somebody asks, until stopped. */
export const watchOutbox = (database: DataSource, databaseUrl: string): Running => {
  const outbox = new URL(databaseUrl).pathname.slice(1)
  const read = keptFor(keptMs, async () => {
    const [counts] = await rows(database.manager, shape, statement)
    if (counts === undefined) throw new Error('a statement without from has one row')
    return counts
  })
  const readings = [
    events.from(async () => {
      const { pending, dead } = await read()
      return [
        [{ outbox, state: 'pending' }, pending],
        [{ outbox, state: 'dead' }, dead],
      ]
    }),
    oldestSeconds.from(async () => [[{ outbox }, Math.max(0, (await read()).oldestSeconds)]]),
  ]
  return together(readings)
}
