import { remainingMs } from './deadline.ts'

/** Gives a turn back; to be called once. */
export type Release = () => void

/** Lets a bounded number of callers work at a time. The others wait, and get their turns in the order of their calls. */
export type Turns = {
  /**
   * Takes a turn and returns what gives it back, at once if one is free. Returns 'full' at once if too many callers wait
   * already, and resolves to 'late' if no turn comes before the deadline, in milliseconds since the epoch; without a
   * deadline the wait has no end.
   */
  readonly take: (deadlineAtMs?: number) => Release | 'full' | Promise<Release | 'late'>
  /** Runs the task when its turn comes, and gives the turn back when the task ends; throws if too many callers wait already. */
  readonly run: <T>(task: () => T) => Promise<Awaited<T>>
  /** Resolves when nobody has a turn and nobody waits for one. */
  readonly idle: () => Promise<void>
  /** How many turns could be taken now without a wait. */
  readonly free: () => number
  /** Whether `take` would return 'full' now. */
  readonly isFull: () => boolean
}

/** Makes turns of which `atOnce` can be taken at a time, and for which at most `maxWaiting` callers wait; by default any number. */
export const createTurns = ({
  atOnce,
  maxWaiting = Number.POSITIVE_INFINITY,
}: {
  readonly atOnce: number
  readonly maxWaiting?: number
}): Turns => {
  const waiting = new Set<() => void>()
  const becomingIdle = new Set<() => void>()
  let taken = 0

  const release = () => {
    const [next] = waiting
    if (next !== undefined) return next()
    taken -= 1
    if (taken > 0) return
    for (const resolve of becomingIdle) resolve()
    becomingIdle.clear()
  }

  const waitForTurn = (deadlineAtMs: number | undefined) =>
    new Promise<Release | 'late'>(resolve => {
      const stopWaiting = (outcome: Release | 'late') => {
        waiting.delete(begin)
        clearTimeout(timer)
        resolve(outcome)
      }
      const begin = () => stopWaiting(release)
      const timer =
        deadlineAtMs === undefined
          ? undefined
          : setTimeout(() => stopWaiting('late'), remainingMs(deadlineAtMs))
      waiting.add(begin)
    })

  const isFull = () => taken === atOnce && waiting.size >= maxWaiting

  const take = (deadlineAtMs?: number): Release | 'full' | Promise<Release | 'late'> => {
    if (isFull()) return 'full'
    if (taken === atOnce) return waitForTurn(deadlineAtMs)
    taken += 1
    return release
  }

  return {
    take,
    run: async <T>(task: () => T): Promise<Awaited<T>> => {
      const turn = await take()
      if (typeof turn === 'string') throw new Error(`${maxWaiting} callers wait for their turn already.`)
      try {
        return await task()
      } finally {
        turn()
      }
    },
    idle: () => (taken === 0 ? Promise.resolve() : new Promise(resolve => becomingIdle.add(resolve))),
    free: () => atOnce - taken,
    isFull,
  }
}
