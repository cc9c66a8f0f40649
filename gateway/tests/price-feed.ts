/** Price changes by product, and how many listen to them. */
export const createPriceFeed = () => {
  const listeners = new Map<string, Set<(amountMinor: number) => void>>()
  return {
    listeners: (productId: string): number => listeners.get(productId)?.size ?? 0,
    publish: (productId: string, amountMinor: number): void => {
      for (const listener of listeners.get(productId) ?? []) listener(amountMinor)
    },
    subscribe: (productId: string): AsyncIterableIterator<unknown> => {
      const queue: unknown[] = []
      let wake: () => void = () => undefined
      let over = false
      const listen = (amountMinor: number) => {
        queue.push({ priceChanged: { id: productId, amountMinor } })
        wake()
      }
      const ofProduct = listeners.get(productId) ?? new Set()
      listeners.set(productId, ofProduct.add(listen))
      const events: AsyncIterableIterator<unknown> = {
        next: async () => {
          while (queue.length === 0 && !over) {
            await new Promise<void>(resolve => {
              wake = resolve
            })
          }
          return over ? { done: true, value: undefined } : { done: false, value: queue.shift() }
        },
        return: async () => {
          over = true
          ofProduct.delete(listen)
          wake()
          return { done: true, value: undefined }
        },
        [Symbol.asyncIterator]: () => events,
      }
      return events
    },
  }
}
