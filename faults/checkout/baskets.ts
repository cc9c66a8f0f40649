import type { Random } from '../../testbed/random.ts'
import { inParallel } from '../../testbed/waiting.ts'
import { type Scenario, unmet } from '../scenario.ts'
import { fillShelves } from '../shop/shelves.ts'
import type { ShelfProduct } from '../shop/shop.ts'

const productCount = 12
const maxLines = 20
const maxQuantity = 3
const atOnce = 32
// n.b. this is about half of what a basket takes on average, so that the stock runs out during the scenario
const unitsPerBasket = 1

/** Large baskets in any order of lines over few products, until the shelves are empty. */
export const baskets: Scenario = {
  name: 'baskets',
  guarantee:
    'baskets of up to 20 lines over 12 products, until the shelves are empty: no deadlock, nothing oversold',
  sizes: { full: 2_000, short: 40 },
  run: async ({ shop, random, size, advance }) => {
    const products = await fillShelves(shop, productCount, size * unitsPerBasket)
    const outcomes: string[] = []
    await inParallel(size, atOnce, async index => {
      const own = random.fork(String(index))
      const reply = await shop.checkOut({
        key: `baskets ${index}`,
        customer: own.pick(shop.customers),
        items: fillBasket(own, products),
      })
      outcomes.push(reply.kind)
      advance()
    })
    return unmet(
      ['confirmed', 'out of stock'].map(kind => [
        outcomes.includes(kind),
        `no basket was ${kind}: ${[...new Set(outcomes)].join(', ')}`,
      ]),
    )
  },
}

/** Lines in any order; a product may stand in several. */
const fillBasket = (random: Random, products: readonly ShelfProduct[]) =>
  Array.from({ length: random.integer(1, maxLines) }, () => random.shuffled(products)[0]).flatMap(product =>
    product === undefined ? [] : [{ productId: product.id, quantity: random.integer(1, maxQuantity) }],
  )
