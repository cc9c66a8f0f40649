/** An item of a batch; `settle` ends the wait of whoever has added it. */
export type Batched<Item, Result> = { readonly item: Item; readonly settle: (result: Result) => void }

/** Where an item goes: with others of other keys, behind those of its own key; `isAlone` gives it a batch of its own. */
type Place = { readonly key: string; readonly isAlone: boolean }

/**
 * Makes batches of what is added: what comes in one turn of the event loop, or while `atOnce` batches are under way, is
 * handled together, at most `size` items. Items of one key are handled in the order in which they were added, and are
 * never in two batches at the same time.
 */
export const createBatches = <Item, Result>({
  atOnce,
  size,
  work,
}: {
  readonly atOnce: number
  readonly size: number
  /** Settles every item; never rejects. */
  readonly work: (batch: readonly Batched<Item, Result>[]) => Promise<void>
}) => {
  type Waiting = Place & Batched<Item, Result>
  let waiting: Waiting[] = []
  let left: { readonly result: Result } | undefined
  const busyKeys = new Set<string>()
  const underWay = new Set<Promise<void>>()
  let isToBegin = false

  const take = (): readonly Waiting[] => {
    const batch: Waiting[] = []
    const rest: Waiting[] = []
    const passedKeys = new Set(busyKeys)
    let isFull = false
    for (const one of waiting) {
      if (isFull || passedKeys.has(one.key) || (one.isAlone && batch.length > 0)) {
        passedKeys.add(one.key)
        rest.push(one)
      } else {
        batch.push(one)
        isFull = one.isAlone || batch.length === size
      }
    }
    waiting = rest
    return batch
  }

  const begin = () => {
    isToBegin = false
    while (underWay.size < atOnce) {
      const batch = take()
      if (batch.length === 0) return
      const keys = new Set(batch.map(({ key }) => key))
      for (const key of keys) busyKeys.add(key)
      const working = work(batch).finally(() => {
        for (const key of keys) busyKeys.delete(key)
        underWay.delete(working)
        begin()
      })
      underWay.add(working)
    }
  }

  return {
    /** Handles the item in one of the next batches. */
    add: (item: Item, place: Place): Promise<Result> => {
      if (left !== undefined) return Promise.resolve(left.result)
      const { promise, resolve: settle } = Promise.withResolvers<Result>()
      // n.b. the others that came in one packet are added by the time that this immediate runs
      if (!isToBegin) setImmediate(begin)
      isToBegin = true
      waiting.push({ ...place, item, settle })
      return promise
    },
    /** Begins no more batches: what waits, and what is added later, gets this result. Waits for those under way. */
    stop: async (result: Result): Promise<void> => {
      left = { result }
      for (const { settle } of waiting.splice(0)) settle(result)
      await Promise.all(underWay)
    },
  }
}
