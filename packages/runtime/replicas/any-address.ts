import type { LookupAddress } from 'node:dns'

/**
 * Addresses from any of them on, where the system begins with the same one each time, so that all connections would lead to
 * one process. n.b. those of the first one's family stay before the others, which may not be reachable
 */
export const fromAny = (addresses: readonly LookupAddress[]): LookupAddress[] => {
  const first = addresses.filter(({ family }) => family === addresses[0]?.family)
  const others = addresses.filter(({ family }) => family !== addresses[0]?.family)
  const from = Math.floor(Math.random() * first.length)
  return [...first.slice(from), ...first.slice(0, from), ...others]
}
