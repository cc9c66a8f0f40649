import { remainingMs } from './deadline.ts'

/** Lets a bounded number in at a time, in the order in which they came. */
export type Admission = {
  /**
   * Waits for a place and answers with what gives it back, to be called once; 'full' where too many wait already, 'late'
   * where the turn does not come before the deadline, which is at most 24 days away.
   */
  readonly enter: (deadlineAtMs: number) => Promise<Leave | 'full' | 'late'>
}

export type Leave = () => void

export const createAdmission = ({
  maxInside,
  maxWaiting,
}: {
  readonly maxInside: number
  readonly maxWaiting: number
}): Admission => {
  const waiting = new Set<() => void>()
  let inside = 0

  const leave = () => {
    const [next] = waiting
    if (next === undefined) inside -= 1
    else next()
  }

  const waitForTurn = (deadlineAtMs: number) =>
    new Promise<Leave | 'late'>(resolve => {
      const stopWaiting = (outcome: Leave | 'late') => {
        waiting.delete(enter)
        clearTimeout(timer)
        resolve(outcome)
      }
      const enter = () => stopWaiting(leave)
      const timer = setTimeout(() => stopWaiting('late'), remainingMs(deadlineAtMs))
      waiting.add(enter)
    })

  return {
    enter: async deadlineAtMs => {
      if (inside === maxInside) return waiting.size < maxWaiting ? waitForTurn(deadlineAtMs) : 'full'
      inside += 1
      return leave
    },
  }
}
