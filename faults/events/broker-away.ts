import { setTimeout as pause } from 'node:timers/promises'
import { inParallel } from '../../testbed/waiting.ts'
import { unmet } from '../scenario.ts'
import type { EventScenario } from './event-scenario.ts'

const atOnce = 16
const awayMsPerOrder = 60
const leastAwayMs = 5_000

/** Runs the usual load while there is no broker. */
export const brokerAway: EventScenario = {
  name: 'broker-away',
  guarantee:
    'orders placed while the broker is away for a minute: all accepted, all of their news brought later',
  sizes: { full: 1_000, short: 50 },
  run: async ({ name, shop, random, size, broker, advance, noteKill }) => {
    const product = await shop.createProduct(size)
    const awayUntilMs = Date.now() + Math.max(leastAwayMs, size * awayMsPerOrder)
    const outcomes: string[] = []
    await broker.kill()
    noteKill()
    try {
      await inParallel(size, atOnce, async index => {
        const reply = await shop.checkOut({
          key: `${name} ${index}`,
          customer: random.fork(String(index)).pick(shop.customers),
          items: [{ productId: product.id, quantity: 1 }],
        })
        outcomes.push(reply.kind)
        advance()
      })
      await pause(awayUntilMs - Date.now())
    } finally {
      await broker.restart()
    }
    const confirmed = outcomes.filter(outcome => outcome === 'confirmed').length
    return unmet([[confirmed === size, `${confirmed} of ${size} orders were confirmed`]])
  },
}
