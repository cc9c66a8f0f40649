import { inParallel } from '../../testbed/waiting.ts'
import { type Scenario, unmet } from '../scenario.ts'

const checkoutsPerUnit = 5

/** Everybody at once on a shelf that has enough for one in five. */
export const rush: Scenario = {
  name: 'rush',
  guarantee:
    'everybody at once, five for each unit: as many confirmed as there are units, the rest out of stock',
  sizes: { full: 500, short: 50 },
  run: async ({ shop, random, size, advance }) => {
    const units = size / checkoutsPerUnit
    const product = await shop.createProduct(units)
    const outcomes: string[] = []
    await inParallel(size, size, async index => {
      const reply = await shop.checkOut({
        key: `rush ${index}`,
        customer: random.fork(String(index)).pick(shop.customers),
        items: [{ productId: product.id, quantity: 1 }],
      })
      outcomes.push(reply.kind)
      advance()
    })
    const count = (kind: string) => outcomes.filter(outcome => outcome === kind).length
    return unmet([
      [count('confirmed') === units, `${count('confirmed')} confirmed on ${units} units`],
      [count('out of stock') === size - units, `${count('out of stock')} of ${size - units} out of stock`],
    ])
  },
}
