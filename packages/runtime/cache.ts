/** Values by their keys, of which the least recently used are forgotten first, and each at the end of its time. */
export type Cache<K, V> = {
  /** The value; undefined if there is none, or its time is over. */
  readonly get: (key: K) => V | undefined
  /** Keeps a value, at most until `expiresAtMs`, in milliseconds since the epoch. */
  readonly set: (key: K, value: V, expiresAtMs?: number) => void
}

/** Makes a cache that keeps at most `maxEntries` values, whose sizes add up to `maxSize` at most. */
export const createCache = <K, V>({
  maxEntries,
  maxSize = Number.POSITIVE_INFINITY,
  sizeOf = () => 0,
}: {
  readonly maxEntries: number
  readonly maxSize?: number
  readonly sizeOf?: (value: V) => number
}): Cache<K, V> => {
  // n.b. a Map keeps its entries in the order in which they were set: the first is the least recently used one
  const entries = new Map<K, { readonly value: V; readonly expiresAtMs: number }>()
  let size = 0

  const take = (key: K) => {
    const entry = entries.get(key)
    if (entry === undefined) return undefined
    entries.delete(key)
    size -= sizeOf(entry.value)
    return entry.expiresAtMs > Date.now() ? entry : undefined
  }
  const put = (key: K, value: V, expiresAtMs: number) => {
    size += sizeOf(value)
    entries.set(key, { value, expiresAtMs })
  }

  return {
    get: key => {
      const entry = take(key)
      if (entry !== undefined) put(key, entry.value, entry.expiresAtMs)
      return entry?.value
    },
    set: (key, value, expiresAtMs = Number.POSITIVE_INFINITY) => {
      take(key)
      put(key, value, expiresAtMs)
      for (const oldest of entries.keys()) {
        if (entries.size <= maxEntries && size <= maxSize) break
        take(oldest)
      }
    },
  }
}
