import { createCache } from '@supergraph/runtime/cache.ts'
import { steadyNowMs } from '@supergraph/runtime/steady-clock.ts'

/** Knows which users have run a mutation in the last 5 s. */
export type Writers = ReturnType<typeof createWriters>

/** n.b. the event of a change comes within tens of milliseconds, and later if the broker is away. */
export const writersRememberedMs = 5_000
const maxBytes = 4 * 1024 * 1024

/** Remembers who has run a mutation in this process. */
export const createWriters = () => {
  const writers = createCache<true>({ maxBytes, sizeOf: () => 0, nowMs: steadyNowMs })
  return {
    note: (user: string): void => writers.set(user, true, steadyNowMs() + writersRememberedMs),
    has: (user: string | undefined): boolean => user !== undefined && writers.get(user) === true,
  }
}
