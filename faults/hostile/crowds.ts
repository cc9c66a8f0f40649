import { setTimeout as pause } from 'node:timers/promises'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Random } from '../../testbed/random.ts'

/** Clients who each do something again and again, with pauses in between, until they are stopped. */
export const startCrowd = (
  { count, pauseMs, random }: { readonly count: number; readonly pauseMs: number; readonly random: Random },
  work: () => Promise<void>,
): Running => {
  let isOver = false
  const client = async (own: Random): Promise<void> => {
    while (!isOver) {
      await pause(own.integer(0, 2 * pauseMs))
      if (!isOver) await work()
    }
  }
  const running = Array.from({ length: count }, (_, number) => client(random.fork(`client ${number}`)))
  return {
    stop: async () => {
      isOver = true
      await Promise.all(running)
    },
  }
}

/** Does something every so often, also while it is still being done, since visitors do not wait for each other. */
export const startVisits = (everyMs: number, visit: () => Promise<void>): Running => {
  const underWay = new Set<Promise<void>>()
  const timer = setInterval(() => {
    const visiting = visit().finally(() => underWay.delete(visiting))
    underWay.add(visiting)
  }, everyMs)
  return {
    stop: async () => {
      clearInterval(timer)
      await Promise.all(underWay)
    },
  }
}

/** The least value that so large a share of the values does not exceed; 0 if there are none. */
export const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((one, other) => one - other)[Math.ceil(values.length * share) - 1] ?? 0
