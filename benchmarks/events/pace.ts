import { setTimeout as pause } from 'node:timers/promises'

const tickMs = 10

/** Calls `work` with the numbers that are due, from 0 on, at a steady rate; resolves when all that was begun is done. */
export const atRate = async (
  perSecond: number,
  count: number,
  work: (numbers: readonly number[]) => Promise<void>,
): Promise<void> => {
  const startedAt = performance.now()
  const begun: Promise<void>[] = []
  for (let next = 0; next < count; ) {
    const due = Math.min(count, Math.floor(((performance.now() - startedAt) / 1_000) * perSecond) + 1)
    if (due > next) begun.push(work(Array.from({ length: due - next }, (_, index) => next + index)))
    next = Math.max(next, due)
    await pause(tickMs)
  }
  await Promise.all(begun)
}
