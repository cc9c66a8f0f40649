import type { Random } from '../../testbed/random.ts'
import { type Scenario, type ScenarioContext, unmet } from '../scenario.ts'
import { isFinal } from '../shop/replies.ts'
import { type Checkout, ordersProcesses } from '../shop/shop.ts'

const twins = 50

/** The same request many times at the same moment, to both processes. */
export const sameKey: Scenario = {
  name: 'same-key',
  guarantee: 'the same key 50 times at once over two processes: one order, one charge, one reply',
  sizes: { full: 20, short: 3 },
  run: async context => {
    const { shop, random, size, advance } = context
    const [full, empty] = [await shop.createProduct(size), await shop.createProduct(0)]
    const problems: string[] = []
    for (let round = 0; round < size; round += 1) {
      const own = random.fork(String(round))
      const variant = variants[round % variants.length] ?? variants[0]
      problems.push(
        ...(await askTwins(context, own, {
          key: `same-key ${round}`,
          customer: own.pick(shop.customers),
          items: [{ productId: variant.isInStock ? full.id : empty.id, quantity: 1 }],
          paymentMethod: variant.paymentMethod,
        })),
      )
      advance()
    }
    return problems
  },
}

const variants = [
  { isInStock: true, paymentMethod: 'pm_card_visa' },
  { isInStock: true, paymentMethod: 'pm_card_chargeDeclined' },
  { isInStock: false, paymentMethod: 'pm_card_visa' },
] as const

const askTwins = async (
  { shop, system }: ScenarioContext,
  random: Random,
  checkout: Checkout,
): Promise<readonly string[]> => {
  const replies = await Promise.all(
    Array.from({ length: twins }, async () => {
      const first = await shop.place(checkout, random.pick(ordersProcesses))
      return isFinal(first) ? first : shop.checkOut(checkout)
    }),
  )
  const texts = new Set(replies.map(({ text }) => text))
  const orders = await system.database.query<{ id: string }>(
    'orders',
    `select id from orders where shipping->>'line1' = $1 and refusal->>'kind' is distinct from 'Unavailable'`,
    [checkout.key],
  )
  const [charges] = await system.database.query<{ count: number }>(
    'payment-simulator',
    'select count(*)::int as count from payment_intents where order_id = any($1)',
    [orders.map(({ id }) => id)],
  )
  return unmet([
    [texts.size === 1, `${checkout.key}: ${texts.size} different replies: ${[...texts].join(' / ')}`],
    [orders.length === 1, `${checkout.key}: ${orders.length} orders`],
    [(charges?.count ?? 0) <= 1, `${checkout.key}: ${charges?.count} payments`],
  ])
}
