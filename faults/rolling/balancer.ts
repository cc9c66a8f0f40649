import type { Running } from '@supergraph/runtime/lifecycle.ts'

const askEveryMs = 250
const answersWithinMs = 1_000
const maxSilences = 3

/** Knows which gateways are ready, as a balancer does that asks them. */
export type Balancer = Running & { readonly ready: () => readonly string[] }

/**
 * Asks the gateways at these URLs again and again whether they are ready; each is until it says otherwise, takes no connection,
 * or gives no answer three times.
 */
export const startBalancer = (urls: readonly string[]): Balancer => {
  const silences = new Map<string, number>()
  const asked = new Set<string>()
  const askOne = async (url: string): Promise<void> => {
    if (asked.has(url)) return
    asked.add(url)
    const signal = AbortSignal.timeout(answersWithinMs)
    try {
      const { ok } = await fetch(new URL('/health/ready', url), { signal })
      silences.set(url, ok ? 0 : maxSilences)
    } catch {
      silences.set(url, signal.aborted ? (silences.get(url) ?? 0) + 1 : maxSilences)
    }
    asked.delete(url)
  }
  const timer = setInterval(() => void Promise.all(urls.map(askOne)), askEveryMs)
  return {
    ready: () => {
      const ready = urls.filter(url => (silences.get(url) ?? 0) < maxSilences)
      return ready.length > 0 ? ready : urls
    },
    stop: async () => clearInterval(timer),
  }
}
