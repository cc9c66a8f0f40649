import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { parseEnvironment } from './environment.ts'
import { leave } from './leaving.ts'
import { shareLookups } from './shared-lookups.ts'

/** Something that runs until it is stopped. */
export type Running = { readonly stop: () => Promise<void> }

/** Several parts as one: they are stopped at the same time. */
export const together = (parts: readonly Running[]): Running => ({
  stop: async () => void (await Promise.all(parts.map(({ stop }) => stop()))),
})

/** Remembers a part that was started, to stop it later, and returns it. */
export type Use = <T extends Running>(running: T) => T

/**
 * Starts a process's parts. `stop` stops them in reverse order; if a start throws, the parts that had started are stopped.
 * If one part fails to stop, the others are stopped all the same, and the error is thrown at the end.
 */
export const startAll = async <T>(start: (use: Use) => Promise<T>): Promise<T & Running> => {
  const started: Running[] = []
  const use: Use = running => {
    started.push(running)
    return running
  }
  const stop = async () => {
    const errors: unknown[] = []
    for (const running of started.splice(0).reverse()) {
      await running.stop().catch((error: unknown) => errors.push(error))
    }
    if (errors.length > 0) throw new AggregateError(errors, 'not everything stopped in order')
  }
  try {
    return { ...(await start(use)), stop }
  } catch (error) {
    await stop().catch(() => undefined)
    throw error
  }
}

/** Within which a process has to stop, once it has served on for `STOP_DELAY_MS`. */
export const stopWithinMs = 10_000
// n.b. npm passes Ctrl-C on to a process that has already received it from the terminal
const sameSignalMs = 500

const delayHint = 'put the milliseconds there for which the process serves on after SIGTERM, 0 to 60000'

/** The setting of every process that says how it ends. */
export const endingVariables = {
  STOP_DELAY_MS: z.coerce
    .number({ error: delayHint })
    .int({ error: delayHint })
    .min(0, { error: delayHint })
    .max(60_000, { error: delayHint })
    .default(0)
    .describe('for how long a process that is told to stop [serves on](running.md#how-a-process-stops)'),
}

/**
 * Runs a process: starts it, announces it when it runs, and stops it in order on SIGINT or SIGTERM; a second signal, or
 * 10 s, ends it at once. After SIGTERM it serves on for `STOP_DELAY_MS`: it says that it is not ready, and with each answer
 * that the connection ends, so that balancers and clients go elsewhere before anything closes. If it can't start, prints the
 * error's message and exits with 1.
 */
export const runProcess = async <T extends Running>(
  start: () => Promise<T>,
  announce: (running: T) => void = () => {},
): Promise<void> => {
  shareLookups()
  let stoppingSinceMs: number | undefined
  let stopDelayMs = 0
  const starting = (async () => {
    stopDelayMs = parseEnvironment('the process', z.object(endingVariables), process.env).STOP_DELAY_MS
    return start()
  })()
  const stop = async (signal: NodeJS.Signals) => {
    if (stoppingSinceMs !== undefined) {
      if (Date.now() - stoppingSinceMs < sameSignalMs) return
      process.exit(130)
    }
    stoppingSinceMs = Date.now()
    if (signal === 'SIGTERM' && stopDelayMs > 0) {
      leave()
      await pause(stopDelayMs)
    }
    setTimeout(() => {
      console.error(`did not stop within ${stopWithinMs / 1_000} s`)
      process.exit(1)
    }, stopWithinMs).unref()
    try {
      await (await starting).stop()
      process.exit(0)
    } catch (error) {
      console.error(readable(error))
      process.exit(1)
    }
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  const running = await starting.catch((error: unknown) => {
    if (stoppingSinceMs === undefined) console.error(readable(error))
    process.exit(1)
  })
  if (stoppingSinceMs === undefined) announce(running)
}

// n.b. an error class of our own has a message for people, and is printed without its stack
const readable = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return error.constructor === Error || error instanceof TypeError
    ? (error.stack ?? error.message)
    : error.message
}
