import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { startLoop } from '@supergraph/runtime/loop.ts'
import type { DataSource } from 'typeorm'

const orderUpdatesKeptDays = 30
const notificationsKeptDays = 90
const rowsPerStatement = 1_000

/** Prunes now and then every hour; `stop` waits for the batch in flight. */
export const startRetention = (dataSource: DataSource, logger: Logger): Running =>
  startLoop({
    everyMs: 3_600_000,
    work: async () => {
      await restampRestored(dataSource)
      await pruneOrderUpdates(dataSource)
      await pruneNotifications(dataSource)
    },
    onError: error => logger.warn({ err: error }, 'pruning live updates failed; the next try is in an hour'),
  })

/**
 * Deletes the changes of orders that have not changed for 30 days, but for the newest of each, which is the order's
 * state and from then on remembers that others were there before it.
 */
export const pruneOrderUpdates = (dataSource: DataSource): Promise<void> =>
  untilNone(async () => {
    const [pruned]: readonly { readonly rows: number }[] = await dataSource.query(
      `with stale as (
         select order_id from order_updates as old
         where stored_at < now() - make_interval(days => $1) and not follows_pruned
           and not exists (
             select from order_updates as recent
             where recent.order_id = old.order_id and recent.stored_at >= now() - make_interval(days => $1)
           )
         order by stored_at limit $2
       ), newest as (
         select order_id, max(version) as version from order_updates
         where order_id in (select order_id from stale) group by order_id
       ), kept as (
         update order_updates set follows_pruned = true
         from newest where order_updates.order_id = newest.order_id and order_updates.version = newest.version
         returning 1
       ), pruned as (
         delete from order_updates using newest
         where order_updates.order_id = newest.order_id and order_updates.version < newest.version
         returning 1
       )
       select count(*)::integer as rows from kept`,
      [orderUpdatesKeptDays, rowsPerStatement],
    )
    return pruned?.rows ?? 0
  })

/** Deletes notifications that were stored more than 90 days ago; the gap that they leave in their user's numbers tells of them. */
export const pruneNotifications = (dataSource: DataSource): Promise<void> =>
  untilNone(async () => {
    // n.b. TypeORM answers a DELETE with [rows, number of rows]
    const [, rows]: [unknown, number] = await dataSource.query(
      `delete from notifications where id in (
         select id from notifications where stored_at < now() - make_interval(days => $1)
         order by stored_at limit $2 for update skip locked)`,
      [notificationsKeptDays, rowsPerStatement],
    )
    return rows
  })

/**
 * Gives rows of later transactions than there have been the present one.
 * n.b. a dump that is restored into another cluster brings them: they would be new again and again.
 */
const restampRestored = async (dataSource: DataSource): Promise<void> => {
  await dataSource.query(
    `update order_updates set stored_in = pg_current_xact_id()
     where type = 'order.placed' and stored_in > pg_current_xact_id()`,
  )
}

const untilNone = async (prune: () => Promise<number>): Promise<void> => {
  while ((await prune()) > 0);
}
