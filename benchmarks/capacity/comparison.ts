import { clientCounts } from './costs.ts'
import type { Results } from './results.ts'
import { simulateToday } from './today.ts'

/** A figure that was measured, and what the simulation makes of it from the costs. */
export type Compared = {
  readonly title: string
  readonly measured: number
  readonly simulated: number
  /** By how much the simulated figure is above the measured one, as a share of the latter. */
  readonly deviation: number
}

/** How far the simulation may be away from any figure before nothing further follows from it. */
export const tolerance = 0.15

export const compare = ({ costs, measured, cores }: Results): readonly Compared[] => {
  const simulated = simulateToday(costs, cores)
  const line = (title: string, was: number | undefined, is: number | undefined): Compared => {
    const [measured, simulated] = [was ?? Number.NaN, is ?? Number.NaN]
    return { title, measured, simulated, deviation: simulated / measured - 1 }
  }
  const clients = (count: number) => (count === 1 ? '1 client' : `${count} clients`)
  return [
    ...clientCounts.map(count =>
      line(`checkouts a second, ${clients(count)}`, measured.checkouts[count], simulated.checkouts[count]),
    ),
    ...clientCounts.map(count =>
      line(`pages a second, ${clients(count)}`, measured.pages[count], simulated.pages[count]),
    ),
    line('buyers of one row a second', measured.hotRow, simulated.hotRow),
    line('events a second, outbox to inbox', measured.outboxToInbox, simulated.outboxToInbox),
    line('events a second, commit to socket', measured.deliveries, simulated.deliveries),
  ]
}

/** n.b. what is no number is off too. */
export const isOff = ({ deviation }: Compared): boolean => !(Math.abs(deviation) <= tolerance)
