import type { Running } from '../lifecycle.ts'
import type { LoadLimit } from './load-limit.ts'

const everyMs = 20

/**
 * The limit of a process that has one thread for all that it does. n.b. five hundred requests that come at once are served
 * within the window
 */
export const loopLimit = { targetMs: 40, loweredMs: 15, windowMs: 200, samples: 2 } as const

/** By how much the thread of this process is late with what is due, as far as it is watched. */
export class LoopLateness {
  #lastMs = 0
  #dueAtMs = Number.POSITIVE_INFINITY

  /** In milliseconds; n.b. while the thread is held up nobody looks, and what is overdue says it. */
  at(nowMs: number): number {
    return Math.max(this.#lastMs, nowMs - this.#dueAtMs)
  }

  /** Somebody looks, as was due, and returns how late it is. */
  look(nowMs: number): number {
    this.#lastMs = nowMs - this.#dueAtMs
    return this.#lastMs
  }

  /** Somebody will look next at a time. */
  expect(dueAtMs: number): void {
    this.#dueAtMs = dueAtMs
  }
}

/** Tells a limit, 50 times a second until stopped, for how long whatever is due waits for the thread. */
export const watchLoop = (limit: Pick<LoadLimit, 'waited'>, lateness: LoopLateness): Running => {
  let beganAtMs = 0
  const lookLater = (): NodeJS.Timeout => {
    beganAtMs = performance.now()
    lateness.expect(beganAtMs + everyMs)
    return setTimeout(look, everyMs).unref()
  }
  const look = (): void => {
    const nowMs = performance.now()
    limit.waited(lateness.look(nowMs), beganAtMs, nowMs)
    timer = lookLater()
  }
  let timer = lookLater()
  return {
    stop: async () => {
      clearTimeout(timer)
      lateness.expect(Number.POSITIVE_INFINITY)
    },
  }
}
