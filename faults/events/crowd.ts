import { publishEvents } from './event-load.ts'
import type { EventScenario } from './scenarios.ts'

/** Many at their screens, and a great day for the shop. */
export const crowd: EventScenario = {
  name: 'crowd',
  guarantee: '200 subscribers of two gateways and 10,000 events: each sees all of its own, once and in order',
  sizes: { full: 10_000, short: 150 },
  subscribers: { full: 200, short: 100 },
  run: async ground => {
    await publishEvents(ground)
    return []
  },
}
