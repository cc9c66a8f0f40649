import { affected } from '@supergraph/postgres/statements.ts'
import type { DataSource } from 'typeorm'

/**
 * Withdraws changes of an order that did not happen after all: its subscribers get what has happened in their place. What users
 * were told of them keeps its number, is no news of the order any more, and counts as read. Returns whether there were any.
 */
export const withdrawUpdates = (
  database: DataSource,
  orderId: string,
  eventIds: readonly string[],
): Promise<boolean> =>
  database.transaction(async manager => {
    const values = [orderId, eventIds]
    const withdrawn = await affected(
      manager,
      'delete from order_updates where order_id = $1 and event_id = any ($2::uuid[])',
      values,
    )
    await affected(
      manager,
      `update notifications set order_id = null, read_at = coalesce(read_at, now())
       where order_id = $1 and event_id = any ($2::uuid[])`,
      values,
    )
    await affected(
      manager,
      'delete from withheld_notifications where order_id = $1 and event_id = any ($2::uuid[])',
      values,
    )
    return withdrawn > 0
  })
