import { setTimeout as pause } from 'node:timers/promises'
import { runOrderLives } from '../shop/order-lives.ts'
import type { EventScenario } from './scenarios.ts'

const maxPauseMs = 25

/** Connections that break all the time while the news comes in. */
export const reconnects: EventScenario = {
  name: 'reconnects',
  guarantee: '1,000 connections cut without a word, each resumed at the other gateway: no gap, nothing twice',
  sizes: { full: 1_000, short: 80 },
  run: async ground => {
    const { audience, random, size, advance, noteKill } = ground
    const own = random.fork('cuts')
    let cuts = 0
    const load = runOrderLives(ground, () => cuts >= size)
    // n.b. awaited below; without a handler now, a failure before that would end the process
    load.catch(() => {})
    while (cuts < size) {
      const [victim] = own.shuffled(audience.subscribers)
      // n.b. who has seen nothing yet has nothing to go on from
      if (victim?.isConnected() === true && victim.received.length > 0) {
        victim.cut()
        cuts += 1
        noteKill()
        advance()
      }
      await pause(own.integer(1, maxPauseMs))
    }
    await load
    return []
  },
}
