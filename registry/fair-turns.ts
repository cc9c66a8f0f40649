import { createTurns, type Turns } from '@supergraph/runtime/turns.ts'
import { Refusal } from './refusal.ts'

/** Lets tasks run one at a time: keys take turns, and what is of one key keeps its order. */
export type FairTurns = {
  /** Runs the task when its turn comes; throws a Refusal if too many tasks of the key wait already. */
  readonly run: <T>(key: string, task: () => Promise<T>) => Promise<T>
}

/** Makes turns for which at most `maxWaiting` tasks of each key wait; `whose` names a key in words. */
export const createFairTurns = (maxWaiting: number, whose: string): FairTurns => {
  // n.b. of each key one task at most waits here, and so keys take turns
  const all = createTurns({ atOnce: 1 })
  const ofKeys = new Map<string, Turns>()
  return {
    run: async <T>(key: string, task: () => Promise<T>): Promise<T> => {
      const own = ofKeys.get(key) ?? createTurns({ atOnce: 1, maxWaiting })
      if (own.isFull())
        throw new Refusal(
          'SERVICE_UNAVAILABLE',
          `${maxWaiting} requests of ${whose} wait already: send this one again later`,
        )
      ofKeys.set(key, own)
      try {
        return await own.run(() => all.run(task))
      } finally {
        if (own.free() === 1) ofKeys.delete(key)
      }
    },
  }
}
