/** Work under way, for all who wait for it. */
export type Shared<T> = ReturnType<typeof createShared<T>>

/**
 * Begins work; `abandoned` aborts when nobody waits for it any more. If several wait, each of them gets `ownOf` what it gives.
 */
export const createShared = <T>(begin: (abandoned: AbortSignal) => Promise<T>, ownOf: (given: T) => T) => {
  const abandoned = new AbortController()
  let joined = 0
  let waiting = 0
  let isOver = false
  const outcome = begin(abandoned.signal).finally(() => {
    isOver = true
  })
  // n.b. it may fail when nobody waits any more
  outcome.catch(() => undefined)

  return {
    startedAtMs: Date.now(),
    get isWaitedFor(): boolean {
      return waiting > 0
    },
    /** Waits for the outcome; throws as soon as one's client has gone. */
    wait: async (gone: AbortSignal | undefined): Promise<T> => {
      const left = Promise.withResolvers<never>()
      const leave = () => left.reject(new Error('the client has gone'))
      joined += 1
      waiting += 1
      gone?.addEventListener('abort', leave)
      try {
        const given = await Promise.race([outcome, left.promise])
        return joined === 1 ? given : ownOf(given)
      } finally {
        gone?.removeEventListener('abort', leave)
        waiting -= 1
        if (waiting === 0 && !isOver) abandoned.abort(new Error('nobody waits'))
      }
    },
  }
}
