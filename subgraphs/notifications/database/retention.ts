import { deleteInBatches } from '@supergraph/postgres/batches.ts'
import { affected, row } from '@supergraph/postgres/statements.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { startLoop } from '@supergraph/runtime/loop.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'

const pruneEveryMs = 3_600_000
const orderUpdatesKeptDays = 30
const notificationsKeptDays = 90
const ordersPerStatement = 1_000

/** Prunes now and then every hour; `stop` waits for the batch in flight. */
export const startRetention = (database: DataSource, logger: Logger): Running =>
  startLoop({
    everyMs: pruneEveryMs,
    work: () => pruneLiveUpdates(database),
    onError: error => logger.warn({ err: error }, 'pruning live updates failed; the next try is in an hour'),
  })

/** Deletes changes of orders and notifications that are kept no longer. */
export const pruneLiveUpdates = async (database: DataSource): Promise<void> => {
  await restampRestored(database)
  while ((await pruneOrderUpdates(database)) > 0);
  await pruneNotifications(database)
}

/**
 * Deletes the changes of orders that have not changed for 30 days, except the newest change of each order: it is the
 * order's state, and from then on it records that changes before it were pruned. Returns the number of orders.
 */
const pruneOrderUpdates = async (database: DataSource): Promise<number> => {
  const pruned = await row(
    database,
    z.object({ orders: z.int() }),
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
       where order_id = any (array(select order_id from stale)) group by order_id
     ), kept as (
       update order_updates set follows_pruned = true
       from newest where ${isOfNewest} and order_updates.version = newest.version
       returning 1
     ), pruned as (
       delete from order_updates using newest
       where ${isOfNewest} and order_updates.version < newest.version
       returning 1
     )
     select count(*)::integer as orders from kept`,
    [orderUpdatesKeptDays, ordersPerStatement],
  )
  return pruned?.orders ?? 0
}

/** n.b. of the join alone, the planner would rather read the whole table than the orders by their key. */
const isOfNewest = `order_updates.order_id = any (array(select order_id from newest))
         and order_updates.order_id = newest.order_id`

/** Deletes notifications that were stored more than 90 days ago; the gap in a user's numbers shows that they existed. */
const pruneNotifications = (database: DataSource) =>
  deleteInBatches(
    database,
    `delete from notifications where id = any (array(
       select id from notifications where stored_at < now() - make_interval(days => $2)
       order by stored_at limit $1 for update skip locked))`,
    [notificationsKeptDays],
  )

/**
 * Gives placed orders that carry the number of a transaction in the future the number of the present one.
 * n.b. a dump that is restored into another cluster brings such rows, and every read would take them for new.
 */
const restampRestored = (database: DataSource) =>
  affected(
    database,
    `update order_updates set stored_in = pg_current_xact_id()
     where type = 'order.placed' and stored_in > pg_current_xact_id()`,
  )
