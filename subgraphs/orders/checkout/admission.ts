import { remainingMs } from '@supergraph/runtime/deadline.ts'
import { bulkhead } from 'cockatiel'

/** Lets a bounded number in at a time. */
export type Admission = {
  /**
   * Waits for a place and answers with what gives it back, to be called once; undefined where too many wait, or its turn
   * does not come before the deadline.
   */
  readonly enter: (deadlineAtMs: number) => Promise<(() => void) | undefined>
}

export const createAdmission = ({
  maxInside,
  maxWaiting,
}: {
  readonly maxInside: number
  readonly maxWaiting: number
}): Admission => {
  const places = bulkhead(maxInside, maxWaiting)
  return {
    enter: async deadlineAtMs => {
      const entered = Promise.withResolvers<(() => void) | undefined>()
      const waiting = new AbortController()
      const giveUp = () => {
        waiting.abort()
        entered.resolve(undefined)
      }
      const timer = setTimeout(giveUp, remainingMs(deadlineAtMs))
      const stay = () => {
        const inside = Promise.withResolvers<void>()
        entered.resolve(inside.resolve)
        return inside.promise
      }
      places.execute(stay, waiting.signal).catch(giveUp)
      return entered.promise.finally(() => clearTimeout(timer))
    },
  }
}
