import type { Topic, WakeUps } from './wake-ups.ts'

/** What a look brought; `lookAgainInMs` asks for another one by then, even if nothing wakes the reader. */
export type Found<Value> = { readonly values: readonly Value[]; readonly lookAgainInMs?: number | undefined }

/**
 * Streams what `read` finds, now and after each wake-up, until `return` is called or `read` throws; `read` remembers
 * what it has given. Listens from the call on. Hints that come while one is being worked off count as one, and nothing
 * is read before the consumer asks for it: a slow consumer costs no memory. One `next` at a time.
 */
export const follow = <Value>(
  wakeUps: WakeUps,
  topics: readonly Topic[],
  read: () => Promise<Found<Value>>,
): AsyncIterableIterator<Value> => {
  let values: readonly Value[] = []
  let isWoken = true
  let hasEnded = false
  let resume = () => {}

  const stopListening = wakeUps.on(topics, () => {
    isWoken = true
    resume()
  })
  const end = () => {
    hasEnded = true
    stopListening()
    resume()
  }

  const untilWoken = (ms: number | undefined): Promise<void> =>
    new Promise(resolve => {
      if (isWoken || hasEnded) return resolve()
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms)
      resume = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  const look = async (): Promise<number | undefined> => {
    isWoken = false
    const found = await read()
    values = found.values
    // n.b. one look need not bring everything: only one that brings nothing may be followed by a pause
    if (values.length > 0) isWoken = true
    return found.lookAgainInMs
  }

  const next = async (): Promise<IteratorResult<Value>> => {
    let lookAgainInMs: number | undefined
    while (!hasEnded) {
      const [value, ...rest] = values
      if (value !== undefined) {
        values = rest
        return { done: false, value }
      }
      await untilWoken(lookAgainInMs)
      if (!hasEnded) lookAgainInMs = await look()
    }
    return { done: true, value: undefined }
  }

  // n.b. not an async generator: its `return` would wait behind a pending `next`, and so listen until the next event
  return {
    next: () =>
      next().catch((error: unknown) => {
        if (hasEnded) return { done: true, value: undefined }
        end()
        throw error
      }),
    return: async () => {
      end()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
