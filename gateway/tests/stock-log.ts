/** The numbered changes of the stock of products, and how many follow them. */
export const createStockLog = () => {
  const changes = new Map<string, number[]>()
  const followers = new Map<string, Set<() => void>>()
  const changesOf = (productId: string): number[] => {
    const known = changes.get(productId) ?? []
    changes.set(productId, known)
    return known
  }
  return {
    followers: (productId: string): number => followers.get(productId)?.size ?? 0,
    change: (productId: string, units: number): void => {
      changesOf(productId).push(units)
      for (const wake of followers.get(productId) ?? []) wake()
    },
    /** Gives the changes after a version, or the newest one, and those that follow. */
    follow: (productId: string, afterVersion: number | undefined): AsyncIterableIterator<unknown> => {
      const log = changesOf(productId)
      let sent = afterVersion ?? Math.max(0, log.length - 1)
      let isOver = false
      let wake: () => void = () => undefined
      const ofProduct = followers.get(productId) ?? new Set()
      const awake = () => wake()
      followers.set(productId, ofProduct.add(awake))
      const events: AsyncIterableIterator<unknown> = {
        next: async () => {
          while (sent >= log.length && !isOver) {
            await new Promise<void>(resolve => {
              wake = resolve
            })
          }
          if (isOver) return { done: true, value: undefined }
          sent += 1
          const stockChanged = { id: productId, version: sent, units: log[sent - 1] }
          return { done: false, value: { stockChanged } }
        },
        return: async () => {
          isOver = true
          ofProduct.delete(awake)
          wake()
          return { done: true, value: undefined }
        },
        [Symbol.asyncIterator]: () => events,
      }
      return events
    },
  }
}
