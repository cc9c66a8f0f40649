import type { Random } from '../testbed/random.ts'
import { inParallel } from '../testbed/waiting.ts'
import type { ScenarioContext } from './scenario.ts'
import { fillShelves, smallBasket } from './shop/shelves.ts'
import type { ShelfProduct, Shop } from './shop/shop.ts'

const productCount = 8
const atOnce = 16
// n.b. this is a little less than the baskets ask for, so that the last baskets find no stock
const unitsPerCheckout = 0.3
const cancelChance = 0.15

/** The usual load: baskets of a few lines, some declined cards, stock that runs low, customers who cancel. */
export const runMixedLoad = async (
  { name, shop, random, size, advance }: ScenarioContext,
  /** Awaited before each checkout is begun. */
  beforeCheckout: (index: number) => Promise<void> = async () => {},
): Promise<void> => {
  const products = await fillShelves(shop, productCount, Math.ceil(size * unitsPerCheckout))
  await inParallel(size, atOnce, async index => {
    await beforeCheckout(index)
    await shopOnce(shop, random.fork(String(index)), products, `${name} ${index}`)
    advance()
  })
}

const shopOnce = async (
  shop: Shop,
  random: Random,
  products: readonly ShelfProduct[],
  key: string,
): Promise<void> => {
  const customer = random.pick(shop.customers)
  const reply = await shop.checkOut({
    key,
    customer,
    items: smallBasket(random, products),
    paymentMethod: random.pick(usualCards),
  })
  if (reply.kind !== 'confirmed' || reply.orderId === null || !random.chance(cancelChance)) return
  await shop.cancel(reply.orderId, customer)
}

/** What customers pay with; a quarter of the cards is declined. */
export const usualCards = [
  'pm_card_visa',
  'pm_card_mastercard',
  'pm_card_amex',
  'pm_card_visa',
  'pm_card_mastercard',
  'pm_card_visa',
  'pm_card_chargeDeclined',
  'pm_card_visa_chargeDeclinedInsufficientFunds',
] as const
