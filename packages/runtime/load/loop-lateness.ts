import type { Running } from '../lifecycle.ts'
import type { LoadLimit } from './load-limit.ts'

const everyMs = 20

/**
 * The limit of a process that has one thread for all that it does. n.b. five looks that are each so late take a third of a
 * second: five hundred requests that come at once are served before
 */
export const loopLimit = { targetMs: 40, samples: 5 } as const

/** Tells a limit, 50 times a second until stopped, for how long whatever is due waits for the thread. */
export const watchLoop = (limit: Pick<LoadLimit, 'waited'>): Running => {
  let beganAtMs = Date.now()
  let dueAtMs = performance.now() + everyMs
  const look = (): void => {
    limit.waited(performance.now() - dueAtMs, beganAtMs, Date.now())
    beganAtMs = Date.now()
    dueAtMs = performance.now() + everyMs
    timer = setTimeout(look, everyMs).unref()
  }
  let timer = setTimeout(look, everyMs).unref()
  return {
    stop: async () => {
      clearTimeout(timer)
    },
  }
}
