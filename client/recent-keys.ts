const kept = 1_000

/** Remembers the newest 1,000 keys. */
export const createRecentKeys = () => {
  const keys = new Set<string | number>()
  return {
    /** Whether the key is new; what has no key is. */
    add: (key: string | number | undefined): boolean => {
      if (key === undefined) return true
      if (keys.has(key)) return false
      keys.add(key)
      const [oldest] = keys
      if (keys.size > kept && oldest !== undefined) keys.delete(oldest)
      return true
    },
  }
}
