import { waitUntil } from '../testbed/waiting.ts'
import type { FaultSystem } from './fault-system.ts'
import { publishers } from './publishers.ts'

/** How long after the last fault everything must have come to rest. */
const settleWithinMs = 30_000
const pollMs = 100

/** Waits until no order has a step left and no outbox an event; resolves with the milliseconds that it took, throws after 30 s. */
export const settle = async (database: FaultSystem['database']): Promise<number> => {
  const startedAtMs = Date.now()
  let left = ''
  try {
    await waitUntil(
      'settled',
      async () => {
        left = (await leftOvers(database)).join(', ')
        return left === ''
      },
      { timeoutMs: settleWithinMs, pollMs },
    )
  } catch (error) {
    throw new Error(`not settled within ${settleWithinMs / 1_000} s: ${left || 'unknown'}`, { cause: error })
  }
  return Date.now() - startedAtMs
}

const leftOvers = async ({ query }: FaultSystem['database']): Promise<readonly string[]> => {
  const orders = await query<{ what: string; count: string }>(
    'orders',
    `select coalesce('orders to ' || step, 'orders PENDING without a step') as what, count(*) as count
     from orders where step is not null or status = 'PENDING' group by step
     union all select 'refunds PENDING', count(*) from refunds where state = 'PENDING' having count(*) > 0`,
  )
  const outboxes = await Promise.all(
    publishers.map(database =>
      query<{ what: string; count: string }>(
        database,
        `select 'unpublished events of ${database}' as what, count(*) as count
         from outbox where published_at is null having count(*) > 0`,
      ),
    ),
  )
  return [...orders, ...outboxes.flat()].map(({ what, count }) => `${count} ${what}`)
}
