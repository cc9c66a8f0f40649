import type { Ground } from '../scenario.ts'
import { runOrderLives } from '../shop/order-lives.ts'
import { countEvents, databaseTime } from './evidence.ts'

const countEveryMs = 200

/** Business until that many events have been published. */
export const publishEvents = async (ground: Ground): Promise<void> => {
  const { system, size, advance } = ground
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
    // n.b. a count that failed is followed by another
    counting.catch(() => {})
  }, countEveryMs)
  try {
    await runOrderLives(ground, () => published >= size)
  } finally {
    clearInterval(timer)
    await counting
  }
}
