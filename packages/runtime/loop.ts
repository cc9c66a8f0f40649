import type { Running } from './lifecycle.ts'

/** Work that is repeated until it is stopped; `stop` waits for the work under way. */
export type Loop = Running & {
  /** Lets the work be done again at once; if it is under way, then as soon as it ends. */
  readonly wake: () => void
}

/**
 * Does `work` now, and again and again: `everyMs` after it ended, or as many milliseconds as it returned (0: at once),
 * or when woken. If it fails, `onError` gets the error, and the work is done again after `retryMs`, by default
 * `everyMs`. The signal that the work gets aborts when `stop` is called.
 *
 * What is woken by a database: start the loop, then `listen` with `onNotification: loop.wake`, then call `loop.wake()`
 * once, since a commit may have come before the database was listened to.
 */
export const startLoop = ({
  everyMs,
  retryMs = everyMs,
  work,
  onError,
}: {
  readonly everyMs: number
  readonly retryMs?: number
  readonly work: (stopping: AbortSignal) => Promise<number> | Promise<void>
  readonly onError: (error: unknown) => void
}): Loop => {
  const stopping = new AbortController()
  const sleep = createSleep()

  const attempt = async (): Promise<number> => {
    try {
      const dueInMs = await work(stopping.signal)
      return typeof dueInMs === 'number' ? dueInMs : everyMs
    } catch (error) {
      onError(error)
      return retryMs
    }
  }
  const run = async () => {
    while (!stopping.signal.aborted) {
      const dueInMs = await attempt()
      if (dueInMs > 0) await sleep.wait(dueInMs)
    }
  }
  const running = run()

  return {
    wake: sleep.wake,
    stop: () => {
      stopping.abort()
      sleep.wake()
      return running
    },
  }
}

/** A sleep that a wake, or the end of its time if it has one, ends; a wake while nobody sleeps ends the next sleep at once. */
export const createSleep = () => {
  let isWoken = false
  let end: (() => void) | undefined
  return {
    wake: (): void => {
      isWoken = true
      end?.()
    },
    wait: (ms?: number): Promise<void> =>
      new Promise(resolve => {
        const timer = ms === undefined ? undefined : setTimeout(() => end?.(), ms)
        end = () => {
          clearTimeout(timer)
          end = undefined
          isWoken = false
          resolve()
        }
        if (isWoken) end()
      }),
  }
}
