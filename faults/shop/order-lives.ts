import { inParallel } from '../../testbed/waiting.ts'
import type { Ground } from '../scenario.ts'

const atOnce = 16
const maxLives = 100_000

/** Orders one after the other, from placed to delivered, until there are enough; four events of the order and some of its stock each. */
export const runOrderLives = async (
  { name, shop, random }: Pick<Ground, 'name' | 'shop' | 'random'>,
  isEnough: () => boolean,
): Promise<void> => {
  const product = await shop.createProduct(maxLives)
  await inParallel(maxLives, atOnce, async index => {
    if (isEnough()) return
    const key = `${name} life ${index}`
    const reply = await shop.checkOut({
      key,
      customer: random.fork(key).pick(shop.customers),
      items: [{ productId: product.id, quantity: 1 }],
    })
    if (reply.kind === 'confirmed' && reply.orderId !== null) await shop.deliver(reply.orderId)
  })
}
