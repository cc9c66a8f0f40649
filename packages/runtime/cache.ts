/** Values by their keys, of which the least recently used are forgotten first, and each at the end of its time. */
export type Cache<V> = {
  /** The value; undefined if there is none, or its time is over. */
  readonly get: (key: string) => V | undefined
  /** Keeps a value, at most until `expiresAtMs`, in milliseconds since the epoch. */
  readonly set: (key: string, value: V, expiresAtMs?: number) => void
  readonly delete: (key: string) => void
  /** All values, the least recently used first. */
  readonly values: () => readonly V[]
  readonly statistics: () => CacheStatistics
}

/** How often `get` found a value and how often it did not, since the cache was made, and what the cache holds now. */
export type CacheStatistics = {
  readonly hits: number
  readonly misses: number
  readonly entries: number
  readonly bytes: number
}

// n.b. measured: an entry with a key of 64 characters and a small value takes about 300 bytes
const bytesPerEntry = 200
const bytesPerCharacter = 2

/**
 * Makes a cache that keeps at most `maxBytes`, of the keys and, as `sizeOf` tells, of the values; a larger entry is not
 * kept. A key that a client chooses is to be a hash.
 */
export const createCache = <V>({
  maxBytes,
  sizeOf,
  nowMs = () => Date.now(),
}: {
  readonly maxBytes: number
  readonly sizeOf: (value: V) => number
  /** The clock by which the times of values end: the time of day, unless given. */
  readonly nowMs?: () => number
}): Cache<V> => {
  // n.b. a Map keeps its entries in the order in which they were set: the first is the least recently used one
  const entries = new Map<
    string,
    { readonly value: V; readonly bytes: number; readonly expiresAtMs: number }
  >()
  let bytes = 0
  let hits = 0
  let misses = 0

  const take = (key: string) => {
    const entry = entries.get(key)
    if (entry === undefined) return undefined
    entries.delete(key)
    bytes -= entry.bytes
    return entry.expiresAtMs > nowMs() ? entry : undefined
  }
  const put = (
    key: string,
    entry: { readonly value: V; readonly bytes: number; readonly expiresAtMs: number },
  ) => {
    bytes += entry.bytes
    entries.set(key, entry)
  }

  return {
    get: key => {
      const entry = take(key)
      if (entry === undefined) {
        misses += 1
        return undefined
      }
      hits += 1
      put(key, entry)
      return entry.value
    },
    set: (key, value, expiresAtMs = Number.POSITIVE_INFINITY) => {
      take(key)
      const entryBytes = bytesPerEntry + bytesOfText(key) + sizeOf(value)
      if (entryBytes > maxBytes) return
      put(key, { value, bytes: entryBytes, expiresAtMs })
      for (const oldest of entries.keys()) {
        if (bytes <= maxBytes) break
        take(oldest)
      }
    },
    delete: key => void take(key),
    values: () => [...entries.values()].map(({ value }) => value),
    statistics: () => ({ hits, misses, entries: entries.size, bytes }),
  }
}

/** What a text takes. */
export const bytesOfText = (text: string): number => text.length * bytesPerCharacter

type Stored<V> = {
  readonly get: (key: string) => Promise<V | undefined>
  readonly set: (key: string, value: V, options?: { readonly ttl?: number | null }) => Promise<void>
  readonly delete: (key: string) => Promise<boolean>
}

/** A cache in the form that Apollo Server takes; times to live are in seconds. */
export const storeIn = <V>({ get, set, delete: forget }: Cache<V>): Stored<V> => ({
  get: async key => get(key),
  set: async (key, value, { ttl } = {}) =>
    set(key, value, ttl == null ? undefined : Date.now() + ttl * 1_000),
  delete: async key => {
    forget(key)
    return true
  },
})
