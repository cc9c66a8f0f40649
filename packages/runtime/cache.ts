/** Values by their keys, of which the least recently used are forgotten first, and each at the end of its time. */
export type Cache<K, V> = {
  /** The value; undefined if there is none, or none any more. */
  readonly get: (key: K) => V | undefined
  /** Keeps a value, at most until `expiresAtMs`, in milliseconds since the epoch. */
  readonly set: (key: K, value: V, expiresAtMs?: number) => void
}

/** Makes a cache that keeps at most `maxEntries` values. */
export const createCache = <K, V>({ maxEntries }: { readonly maxEntries: number }): Cache<K, V> => {
  // n.b. a Map keeps its entries in the order in which they were set: the first is the least recently used one
  const entries = new Map<K, { readonly value: V; readonly expiresAtMs: number }>()
  return {
    get: key => {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      entries.delete(key)
      if (entry.expiresAtMs <= Date.now()) return undefined
      entries.set(key, entry)
      return entry.value
    },
    set: (key, value, expiresAtMs = Number.POSITIVE_INFINITY) => {
      entries.delete(key)
      for (const oldest of entries.keys()) {
        if (entries.size < maxEntries) break
        entries.delete(oldest)
      }
      entries.set(key, { value, expiresAtMs })
    },
  }
}
