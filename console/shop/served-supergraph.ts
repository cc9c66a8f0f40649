import { keptFor } from '@supergraph/metrics/metrics.ts'
import { directFetch } from '@supergraph/runtime/direct-fetch.ts'
import { z } from 'zod'
import type { ServedSupergraph } from '../pages/views.ts'

const withinMs = 1_000
const keptMs = 5_000
const maxBytes = 1024 * 1024

const readiness = z.object({
  supergraph: z.string(),
  registryVersion: z.string().nullable().default(null),
})

/** Gives what reads which supergraph the gateway serves, as its readiness tells; null while it does not answer. */
export const createReadServedSupergraph = (gatewayUrl: string): (() => Promise<ServedSupergraph | null>) => {
  const url = new URL('/health/ready', gatewayUrl)
  return keptFor(keptMs, async () => {
    try {
      const response = await directFetch(url, { signal: AbortSignal.timeout(withinMs) }, maxBytes)
      return readiness.safeParse(await response.json()).data ?? null
    } catch {
      return null
    }
  })
}
