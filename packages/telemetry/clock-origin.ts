// n.b. the clock of performance.now() and that of the day drift apart, by seconds in a month
const toleratedDriftMs = 5

const readBoth = (): number => Date.now() - performance.now()

/**
 * Finds when `performance.now()` was 0, in milliseconds since the epoch, each time that it is asked. n.b. what a reading of
 * both clocks says is up to 1 ms too early, since one has no fractions, or more if the process is interrupted between them:
 * the latest of all is right, unless the time of the day was set back. Node's `timeOrigin` comes from a single reading.
 */
export const createClockOrigin = (read: () => number = readBoth): (() => number) => {
  let originMs = Number.NEGATIVE_INFINITY
  const isSetBack = (readMs: number): boolean => readMs < originMs - toleratedDriftMs
  return () => {
    const first = read()
    const readMs = isSetBack(first) ? Math.max(first, read()) : first
    if (readMs > originMs || isSetBack(readMs)) originMs = readMs
    return originMs
  }
}
