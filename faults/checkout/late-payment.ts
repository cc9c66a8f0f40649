import { setTimeout as pause } from 'node:timers/promises'
import { waitUntil } from '../../testbed/waiting.ts'
import { type Scenario, type ScenarioContext, unmet } from '../scenario.ts'
import type { ShelfProduct } from '../shop/shop.ts'

// n.b. The number is so small that their timeouts open no circuit breaker.
const late = 4
const quick = 2
// n.b. This is longer than the payment's timeout, so that the reservation is overdue when the payment arrives.
const slowMs = 6_000
// n.b. products looks for overdue reservations every 5 s; the next look must fall into the time of the payments.
const afterSweepMs = 2_000

/** Reservations that expire while the payment is slow; meanwhile others buy a part of what they held. */
export const latePayment: Scenario = {
  name: 'late-payment',
  guarantee:
    'a reservation that expires while the payment is slow: taken again where there is stock, else rejected and the payment returned',
  sizes: { full: 8, short: 1 },
  run: async context => {
    const { system, size, advance } = context
    const problems: string[] = []
    try {
      for (let round = 0; round < size; round += 1) {
        problems.push(...(await payLate(context, round)))
        advance()
      }
    } finally {
      await system.payments.clear()
    }
    return problems
  },
}

const payLate = async (
  { shop, system, random }: ScenarioContext,
  round: number,
): Promise<readonly string[]> => {
  const own = random.fork(String(round))
  const product = await shop.createProduct(late)
  const buy = (key: string) =>
    shop.checkOut({
      key: `late-payment ${round} ${key}`,
      customer: own.fork(key).pick(shop.customers),
      items: [{ productId: product.id, quantity: 1 }],
    })
  const shoppers = (who: string, count: number) =>
    Array.from({ length: count }, (_, index) => buy(`${who} ${index}`))

  await untilSwept(system.database)
  await pause(afterSweepMs)
  await system.payments.set(
    [{ operation: 'authorize', kind: 'slow', probability: 1, delayMs: slowMs, times: late }],
    own.integer(1, 1_000_000),
  )
  const slow = shoppers('late', late)
  let overdue = 0
  await waitUntil(`the reservations of round ${round} are overdue`, async () => {
    overdue += await makeOverdue(system.database, product)
    return overdue === late
  })
  await waitUntil(`the reservations of round ${round} have expired`, async () => {
    const [row] = await system.database.query<{ count: number }>(
      'products',
      `select count(*)::int as count from reservations join reservation_lines using (order_id)
       where product_id = $1 and state = 'EXPIRED'`,
      [product.id],
    )
    return row?.count === late
  })
  const quickReplies = await Promise.all(shoppers('quick', quick))
  const slowReplies = await Promise.all(slow)
  const confirmed = slowReplies.filter(({ kind }) => kind === 'confirmed').length
  const rejected = slowReplies.filter(({ kind }) => kind === 'out of stock').length
  return unmet([
    [
      quickReplies.every(({ kind }) => kind === 'confirmed'),
      `round ${round}: ${quickReplies.map(({ text }) => text).join(', ')} for those in time`,
    ],
    [
      confirmed === late - quick,
      `round ${round}: ${confirmed} late orders confirmed on ${late - quick} units`,
    ],
    [rejected === quick, `round ${round}: ${rejected} of ${quick} late orders rejected as out of stock`],
  ])
}

/** Waits until products has looked for overdue reservations: for one that is nobody's, and is taken away again. */
const untilSwept = async ({ query }: ScenarioContext['system']['database']): Promise<void> => {
  const [decoy] = await query<{ id: string }>(
    'products',
    `insert into reservations (order_id, state, created_at, changed_at, expires_at)
     values (gen_random_uuid(), 'RESERVED', now(), now(), now()) returning order_id as id`,
  )
  await waitUntil('products has swept', async () => {
    const swept = await query(
      'products',
      `delete from reservations where order_id = $1 and state = 'EXPIRED' returning order_id`,
      [decoy?.id],
    )
    return swept.length === 1
  })
}

/** Ends the time of the product's reservations that still have some, and returns how many these were. */
const makeOverdue = async (
  { query }: ScenarioContext['system']['database'],
  { id }: ShelfProduct,
): Promise<number> => {
  const ended = await query(
    'products',
    `update reservations set expires_at = now() where state = 'RESERVED' and expires_at > now()
     and order_id in (select order_id from reservation_lines where product_id = $1) returning order_id`,
    [id],
  )
  return ended.length
}
