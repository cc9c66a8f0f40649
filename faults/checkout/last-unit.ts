import { waitUntil } from '../../testbed/waiting.ts'
import { type Scenario, type ScenarioContext, unmet } from '../scenario.ts'
import type { ShelfProduct } from '../shop/shop.ts'

const buyers = 4

/** One unit, several buyers; the winner cancels, and the next round begins once the unit is back. */
export const lastUnit: Scenario = {
  name: 'last-unit',
  guarantee:
    'the last unit, fought over again and again: one winner each time, and it comes back when the winner cancels',
  sizes: { full: 1_000, short: 15 },
  run: async context => {
    const product = await context.shop.createProduct(1)
    const problems: string[] = []
    for (let round = 0; round < context.size; round += 1) {
      problems.push(...(await fight(context, product, round)))
      context.advance()
    }
    return problems
  },
}

const fight = async (
  { shop, system, random }: ScenarioContext,
  { id: productId }: ShelfProduct,
  round: number,
): Promise<readonly string[]> => {
  const customers = random.fork(String(round)).shuffled(shop.customers).slice(0, buyers)
  const results = await Promise.all(
    customers.map(async (customer, buyer) => {
      const key = `last-unit ${round} ${buyer}`
      return { customer, reply: await shop.checkOut({ key, customer, items: [{ productId, quantity: 1 }] }) }
    }),
  )
  const winners = results.filter(({ reply }) => reply.kind === 'confirmed')
  const losers = results.filter(({ reply }) => reply.kind === 'out of stock')
  const areCancelled = await Promise.all(
    winners.map(({ customer, reply }) => shop.cancel(reply.orderId ?? '', customer)),
  )
  await waitUntil(`the unit of round ${round} is back on the shelf`, async () => {
    const [shelf] = await system.database.query<{ available: number }>(
      'products',
      'select available from products where id = $1',
      [productId],
    )
    return shelf?.available === 1
  })
  return unmet([
    [winners.length === 1, `round ${round}: ${winners.length} winners`],
    [losers.length === buyers - 1, `round ${round}: ${losers.length} of ${buyers - 1} losers were told so`],
    [areCancelled.every(Boolean), `round ${round}: the winner could not cancel`],
  ])
}
