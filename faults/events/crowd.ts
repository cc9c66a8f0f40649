import { setTimeout as pause } from 'node:timers/promises'
import type { EventScenario } from './event-scenario.ts'
import { publishEvents, runOrderLives } from './order-lives.ts'

const maxPauseMs = 25

/** Sends many events to many subscribers. */
export const crowd: EventScenario = {
  name: 'crowd',
  guarantee: '200 subscribers of two gateways and 10,000 events: each sees all of its own, once and in order',
  sizes: { full: 10_000, short: 150 },
  subscribers: { full: 200, short: 100 },
  run: async context => {
    await publishEvents(context)
    return []
  },
}

/** Breaks connections all the time while notifications arrive. */
export const reconnects: EventScenario = {
  name: 'reconnects',
  guarantee: '1,000 connections cut without a word, each resumed at the other gateway: no gap, nothing twice',
  sizes: { full: 1_000, short: 80 },
  run: async context => {
    const { audience, random, size, advance, noteKill } = context
    const own = random.fork('cuts')
    let cuts = 0
    const load = runOrderLives(context, () => cuts >= size)
    // n.b. The load is awaited below. Without a handler now, an earlier failure would end the process.
    load.catch(() => {})
    while (cuts < size) {
      const [victim] = own.shuffled(audience.subscribers)
      // n.b. A subscriber that has received nothing has no cursor to resume from.
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
