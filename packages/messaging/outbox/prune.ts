import { deleteInBatches } from '@supergraph/postgres/batches.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { startLoop } from '@supergraph/runtime/loop.ts'
import type { DataSource } from 'typeorm'
import type { MessagingLogger } from '../transport.ts'

const keptDays = 7

/** Deletes what was published more than seven days ago; dead letters stay. Returns the number of rows. */
export const pruneOutbox = (database: DataSource): Promise<number> =>
  deleteInBatches(
    database,
    `delete from outbox where id = any (array(
       select id from outbox where published_at < now() - make_interval(days => $2) and dead_letters = '[]'
       order by published_at limit $1 for update skip locked))`,
    [keptDays],
  )

/** Forgets what the queue handled more than seven days ago. Returns the number of rows. */
export const pruneInbox = (database: DataSource, queue: string): Promise<number> =>
  deleteInBatches(
    database,
    `delete from inbox where queue = $3 and message_id = any (array(
       select message_id from inbox where queue = $3 and handled_at < now() - make_interval(days => $2)
       order by handled_at limit $1 for update skip locked))`,
    [keptDays, queue],
  )

/** Prunes now and then every hour; `stop` waits for the batch in flight. */
export const startPruning = (prune: () => Promise<number>, logger: MessagingLogger): Running =>
  startLoop({
    everyMs: 3_600_000,
    work: async () => {
      const rows = await prune()
      if (rows > 0) logger.info({ rows }, 'pruned old messages')
    },
    onError: error => logger.warn({ err: error }, 'pruning old messages failed; the next try is in an hour'),
  })
