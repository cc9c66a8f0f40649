/** Counts the work that is under way. */
export type Usage = {
  readonly during: <T>(work: () => Promise<T>) => Promise<T>
  /** Resolves as soon as no work is under way. */
  readonly idle: () => Promise<void>
}

export const createUsage = (): Usage => {
  let works = 0
  const waiting: (() => void)[] = []
  return {
    during: async work => {
      works += 1
      try {
        return await work()
      } finally {
        works -= 1
        if (works === 0) for (const resolve of waiting.splice(0)) resolve()
      }
    },
    idle: () => (works === 0 ? Promise.resolve() : new Promise(resolve => void waiting.push(resolve))),
  }
}
