import type { Running } from './lifecycle.ts'

const everyMs = 3_600_000

/** Does `work` now and every hour; `onError` is told of a failure, the next hour tries again. `stop` waits for what is under way. */
export const startHourly = (work: () => Promise<void>, onError: (error: unknown) => void): Running => {
  let running: Promise<void> = Promise.resolve()
  const run = () => {
    running = work().catch(onError)
  }
  const timer = setInterval(run, everyMs).unref()
  run()
  return {
    stop: () => {
      clearInterval(timer)
      return running
    },
  }
}
