import type { Random } from '../../testbed/random.ts'
import type { ShelfProduct, Shop } from './shop.ts'

const maxLines = 3
const maxQuantity = 2

/** Creates so many products, each with so many units. */
export const fillShelves = async (
  shop: Pick<Shop, 'createProduct'>,
  count: number,
  unitsOfEach: number,
): Promise<readonly ShelfProduct[]> => {
  const products: ShelfProduct[] = []
  for (let index = 0; index < count; index += 1) products.push(await shop.createProduct(unitsOfEach))
  return products
}

/** One to three of the products, and one or two units of each. */
export const smallBasket = (random: Random, products: readonly ShelfProduct[]) =>
  random
    .shuffled(products)
    .slice(0, random.integer(1, maxLines))
    .map(({ id }) => ({ productId: id, quantity: random.integer(1, maxQuantity) }))
