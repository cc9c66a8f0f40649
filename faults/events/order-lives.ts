import { inParallel } from '../../testbed/waiting.ts'
import type { ScenarioContext } from '../scenario.ts'
import { countEvents, databaseTime } from './inboxes.ts'

const atOnce = 16
const maxLives = 100_000
const countEveryMs = 200

/** Brings orders from placed to delivered until there are enough. Each causes four events of its own and some of its stock. */
export const runOrderLives = async (
  { name, shop, random }: Pick<ScenarioContext, 'name' | 'shop' | 'random'>,
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

/** Runs order lives until `size` events have been published. */
export const publishEvents = async (context: ScenarioContext): Promise<void> => {
  const { system, size, advance } = context
  const since = await databaseTime(system.database)
  let published = 0
  let counting: Promise<void> | undefined
  const count = async () => {
    const now = await countEvents(system.database, since)
    for (; published < Math.min(now, size); published += 1) advance()
  }
  const timer = setInterval(() => {
    counting ??= count().finally(() => {
      counting = undefined
    })
    // n.b. Another count follows one that failed.
    counting.catch(() => {})
  }, countEveryMs)
  try {
    await runOrderLives(context, () => published >= size)
  } finally {
    clearInterval(timer)
    await counting
  }
}
