import type { Cause } from '../database/announcements.ts'
import { inReadSpan } from './read-span.ts'

const keysPerRead = 200
const readsAtOnce = 2

type Waiting<Key, Result> = {
  readonly key: Key
  readonly answer: Promise<Result>
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/**
 * Lets those who ask in one turn of the event loop, or while two reads are under way, share one read of at most 200 keys;
 * who asks with an equal key gets the same answer. A read begins after the turn of those who share it, so that it sees what
 * any of them was woken for; if it fails, it fails for all of them. `read` gives one result for each key, in their order.
 * Keys are compared as JSON. A read is in the traces that `causesOf` gives for its keys.
 */
export const batchReads = <Key, Result>(
  read: (keys: readonly Key[]) => Promise<readonly Result[]>,
  causesOf: (key: Key) => readonly Cause[] = () => [],
): ((key: Key) => Promise<Result>) => {
  const waiting = new Map<string, Waiting<Key, Result>>()
  let underWay = 0
  let isToBegin = false

  const begin = (): void => {
    isToBegin = false
    while (waiting.size > 0 && underWay < readsAtOnce) {
      const batch = [...waiting.entries().take(keysPerRead)]
      for (const [name] of batch) waiting.delete(name)
      underWay += 1
      void answer(batch.map(([, one]) => one)).finally(() => {
        underWay -= 1
        begin()
      })
    }
  }
  const answer = async (batch: readonly Waiting<Key, Result>[]): Promise<void> => {
    try {
      const keys = batch.map(({ key }) => key)
      const results = await inReadSpan(keys.flatMap(causesOf), () => read(keys))
      if (results.length !== batch.length) throw new Error('a read has not answered each of its keys')
      for (const [index, result] of results.entries()) batch[index]?.resolve(result)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  return key => {
    const name = JSON.stringify(key)
    const known = waiting.get(name)
    if (known !== undefined) return known.answer
    const { promise: answer, resolve, reject } = Promise.withResolvers<Result>()
    waiting.set(name, { key, answer, resolve, reject })
    if (!isToBegin) setImmediate(begin)
    isToBegin = true
    return answer
  }
}
