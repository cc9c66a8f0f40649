import { receivers } from '../../queues.ts'
import { hasDatabase } from '../../services.ts'
import type { DatabaseServer } from '../../testbed/database-server.ts'
import { waitUntil } from '../../testbed/waiting.ts'
import { publishers } from '../publishers.ts'

/** How many of the events that were published their consumers have handled. */
export type Handled = {
  readonly published: number
  readonly lost: number
  readonly problems: readonly string[]
}

const shownEvents = 5

/** The database server's time, to which `compareInboxes` and `countEvents` go back. */
export const databaseTime = async ({ query }: Pick<DatabaseServer, 'query'>): Promise<string> => {
  const [row] = await query<{ now: string }>('orders', 'select clock_timestamp()::text as now')
  return row?.now ?? ''
}

/** How many events the services have published since. */
export const countEvents = async (
  { query }: Pick<DatabaseServer, 'query'>,
  since: string,
): Promise<number> => {
  const counts = await Promise.all(
    publishers.map(async publisher => {
      const [row] = await query<{ count: number }>(
        publisher,
        'select count(*)::int as count from outbox where created_at >= $1',
        [since],
      )
      return row?.count ?? 0
    }),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}

/** Compares the outboxes with the inbox of each durable queue; waits up to 30 s for what is not handled yet. */
export const compareInboxes = async (
  database: Pick<DatabaseServer, 'query'>,
  since: string,
): Promise<Handled> => {
  const events = await readPublished(database, since)
  let missing: readonly Published[] = []
  await waitUntil(
    'everything is handled',
    async () => {
      missing = await findMissing(database, events)
      return missing.length === 0
    },
    { pollMs: 200 },
  ).catch(() => {})
  return {
    published: events.length,
    lost: missing.length,
    problems: missing
      .slice(0, shownEvents)
      .map(({ id, type }) => `event ${id}, ${type}, was not handled (${missing.length} such)`),
  }
}

/** An event of an outbox. */
export type Published = { readonly id: string; readonly type: string; readonly subject: string }

/** The events since then, of types that a durable queue takes. */
export const readPublished = async (
  { query }: Pick<DatabaseServer, 'query'>,
  since: string,
): Promise<readonly Published[]> => {
  const types = ownedQueues.flatMap(queue => queue.types)
  const events = await Promise.all(
    publishers.map(publisher =>
      query<Published>(
        publisher,
        `select message_id as id, envelope->>'type' as type, aggregate_id as subject from outbox
         where created_at >= $1 and envelope->>'type' = any($2)`,
        [since, types],
      ),
    ),
  )
  return events.flat()
}

/** Those events that are not in the inbox of the queue that takes them. */
export const findMissing = async (
  { query }: Pick<DatabaseServer, 'query'>,
  events: readonly Published[],
): Promise<readonly Published[]> => {
  const missing = await Promise.all(
    ownedQueues.map(async ({ database, queue, types }) => {
      const own = events.filter(({ type }) => types.includes(type))
      const rows = await query<{ id: string }>(
        database,
        `select id from unnest($2::uuid[]) as published (id)
         where not exists (select from inbox where queue = $1 and message_id = id)`,
        [queue, own.map(({ id }) => id)],
      )
      const ids = new Set(rows.map(({ id }) => id))
      return own.filter(({ id }) => ids.has(id))
    }),
  )
  return missing.flat()
}

/** Each queue with the service that has its inbox. */
const ownedQueues = receivers.flatMap(({ service, queues }) =>
  hasDatabase(service)
    ? queues.map(({ queue, events }) => ({ database: service, queue, types: events.map(({ type }) => type) }))
    : [],
)
