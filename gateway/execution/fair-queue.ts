import { gatewayError } from '../errors.ts'

const maxWaitingPerNetwork = 1_000

/** What waits to be worked on: networks take turns, and what is of one network keeps its order. */
export const createFairQueue = <T>() => {
  const waiting = new Map<string, T[]>()
  return {
    isEmpty: (): boolean => waiting.size === 0,

    /** Throws TOO_MANY_OPERATIONS if 1,000 of the network wait. */
    add: (network: string, item: T): void => {
      const items = waiting.get(network) ?? []
      if (items.length >= maxWaitingPerNetwork) throw gatewayError('TOO_MANY_OPERATIONS', tooMany)
      items.push(item)
      waiting.set(network, items)
    },

    /** Takes what is next; undefined if nothing waits. */
    take: (): T | undefined => {
      for (const [network, items] of waiting) {
        const item = items.shift()
        waiting.delete(network)
        if (items.length > 0) waiting.set(network, items)
        return item
      }
      return undefined
    },
  }
}

const tooMany = 'Too many new or large operations wait: send fewer at a time.'
