import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { startLoop } from '@supergraph/runtime/loop.ts'
import type { DataSource } from 'typeorm'
import type { MessagingLogger } from '../transport.ts'

const keptDays = 7
const rowsPerStatement = 1_000

/** Deletes what was published more than seven days ago, in small batches; dead letters stay. Returns the number of rows. */
export const pruneOutbox = (dataSource: DataSource): Promise<number> =>
  deleteInBatches(
    dataSource,
    `delete from outbox where id in (
       select id from outbox where published_at < now() - make_interval(days => $1) and dead_letters = '[]'
       order by published_at limit $2 for update skip locked)`,
    [],
  )

/** Forgets what the queue handled more than seven days ago, in small batches. Returns the number of rows. */
export const pruneInbox = (dataSource: DataSource, queue: string): Promise<number> =>
  deleteInBatches(
    dataSource,
    `delete from inbox where queue = $3 and message_id in (
       select message_id from inbox where queue = $3 and handled_at < now() - make_interval(days => $1)
       order by handled_at limit $2 for update skip locked)`,
    [queue],
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

const deleteInBatches = async (
  dataSource: DataSource,
  statement: string,
  parameters: readonly unknown[],
): Promise<number> => {
  for (let total = 0; ; ) {
    // n.b. TypeORM answers a DELETE with [rows, number of rows]
    const [, rows]: [unknown, number] = await dataSource.query(statement, [
      keptDays,
      rowsPerStatement,
      ...parameters,
    ])
    total += rows
    if (rows < rowsPerStatement) return total
  }
}
