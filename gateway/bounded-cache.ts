/** Remembers at most `maxEntries` values and forgets the least recently used one first. */
export const createBoundedCache = <K, V>(maxEntries: number) => {
  const entries = new Map<K, V>()
  return {
    get: (key: K): V | undefined => {
      const value = entries.get(key)
      if (value === undefined) return undefined
      entries.delete(key)
      entries.set(key, value)
      return value
    },
    set: (key: K, value: V): void => {
      entries.delete(key)
      for (const oldest of entries.keys()) {
        if (entries.size < maxEntries) break
        entries.delete(oldest)
      }
      entries.set(key, value)
    },
    delete: (key: K): void => {
      entries.delete(key)
    },
  }
}
