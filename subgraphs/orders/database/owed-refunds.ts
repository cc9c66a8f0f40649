import { type Executor, row, rows } from '@supergraph/postgres/statements.ts'
import { z } from 'zod'
import { type OrderRow, orderRow, selectedOrderColumns } from './tables.ts'

/** n.b. money that a card does not take is returned in another way one day, of which the shop is not told. */
const owedDays = 90

const owed = `
  (select order_id, requested_at from refunds
    where state = 'FAILED' and requested_at > now() - make_interval(days => ${owedDays})
    order by requested_at desc limit 10000) as failed
  where not exists (
    select from refunds as later
    where later.order_id = failed.order_id and later.requested_at > failed.requested_at and later.state = 'SUCCEEDED')`

/** How many refunds have failed of late, of orders from which nothing was returned since. */
export const countOwedRefunds = async (executor: Executor): Promise<number> => {
  const counted = await row(
    executor,
    z.object({ owed: z.int() }),
    `select count(*)::int as owed from ${owed}`,
  )
  return counted?.owed ?? 0
}

/** `first` of these orders, the one whose refund was asked for last first. */
export const readOrdersOwingRefunds = (executor: Executor, first: number): Promise<readonly OrderRow[]> =>
  rows(
    executor,
    orderRow,
    `select ${selectedOrderColumns}
     from (select order_id, max(requested_at) as at from ${owed} group by order_id order by at desc limit $1) as owing
     join orders on orders.id = owing.order_id
     order by owing.at desc`,
    [first],
  )
