import { createCache } from '@supergraph/runtime/cache.ts'
import type { Viewer } from '@supergraph/runtime/identity.ts'

/** Knows which users have run a mutation in the last 5 s. */
export type Writers = ReturnType<typeof createWriters>

// n.b. the event of a change comes within tens of milliseconds, and later if the broker is away
const rememberedMs = 5_000
const maxBytes = 4 * 1024 * 1024

/** Remembers who has run a mutation in this process. */
export const createWriters = () => {
  const writers = createCache<true>({ maxBytes, sizeOf: () => 0 })
  return {
    note: (viewer: Viewer): void => {
      if (viewer.kind === 'user') writers.set(viewer.id, true, Date.now() + rememberedMs)
    },
    has: (viewer: Viewer): boolean => viewer.kind === 'user' && writers.get(viewer.id) === true,
  }
}
