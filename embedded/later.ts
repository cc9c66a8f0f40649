import { messageOf } from '@supergraph/runtime/error-text.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'

/** Starts what nothing else waits for; if that fails, one line says so and everything else goes on. */
export const startLater = (name: string, start: () => Promise<Running>): Running => {
  const starting = new Promise(resolve => setImmediate(resolve)).then(start).catch((error: unknown) => {
    console.error(`the ${name} does not start, and everything else goes on without it: ${messageOf(error)}`)
    return undefined
  })
  return { stop: async () => (await starting)?.stop() }
}
