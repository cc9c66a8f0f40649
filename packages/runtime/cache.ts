/**
 * Values by their keys, of which the least recently used are forgotten first, nearly: one that was used since it was last
 * looked at is spared. At the end of its time each is forgotten.
 */
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

type Entry<V> = {
  readonly value: V
  readonly bytes: number
  readonly expiresAtMs: number
  /** How many uses of the cache there had been at its last one, and when it was last looked at. */
  usedAt: number
  seenAt: number
}

// n.b. in a cache of 20,000 entries that were all used, to set one more would else hold up everything for milliseconds
const maxSpared = 16
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
  // n.b. a Map keeps its entries in the order in which they were set: to set one anew for each use would cost 1 us
  const entries = new Map<string, Entry<V>>()
  let bytes = 0
  let uses = 0
  let hits = 0
  let misses = 0

  const isOver = ({ expiresAtMs }: Entry<V>): boolean =>
    expiresAtMs !== Number.POSITIVE_INFINITY && expiresAtMs <= nowMs()
  const remove = (key: string, entry: Entry<V>): void => {
    entries.delete(key)
    bytes -= entry.bytes
  }
  const forget = (key: string): void => {
    const entry = entries.get(key)
    if (entry !== undefined) remove(key, entry)
  }
  /** Forgets what is over at the front, and what is oldest until there is room for so many bytes. */
  const makeRoom = (forBytes: number): void => {
    let spared = 0
    for (const [key, entry] of entries) {
      if (isOver(entry)) remove(key, entry)
      else if (bytes + forBytes <= maxBytes) return
      else if (entry.usedAt > entry.seenAt && spared < maxSpared) {
        spared += 1
        entry.seenAt = entry.usedAt
        entries.delete(key)
        entries.set(key, entry)
      } else remove(key, entry)
    }
  }

  return {
    get: key => {
      const entry = entries.get(key)
      if (entry !== undefined && !isOver(entry)) {
        hits += 1
        uses += 1
        entry.usedAt = uses
        return entry.value
      }
      misses += 1
      if (entry !== undefined) remove(key, entry)
      return undefined
    },
    set: (key, value, expiresAtMs = Number.POSITIVE_INFINITY) => {
      forget(key)
      const entryBytes = bytesPerEntry + bytesOfText(key) + sizeOf(value)
      if (entryBytes > maxBytes) return
      makeRoom(entryBytes)
      uses += 1
      entries.set(key, { value, bytes: entryBytes, expiresAtMs, usedAt: uses, seenAt: uses })
      bytes += entryBytes
    },
    delete: forget,
    values: () =>
      [...entries.values()].toSorted((one, other) => one.usedAt - other.usedAt).map(({ value }) => value),
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
