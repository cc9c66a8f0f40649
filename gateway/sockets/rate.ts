/** Counts something that happens, and gives how often it has happened in this second, at least once. */
export type CountInSecond = () => number

/** Makes a count that begins anew with each second of the clock. */
export const createRate = (): CountInSecond => {
  let second = 0
  let count = 0
  return () => {
    const now = Math.floor(performance.now() / 1_000)
    if (now !== second) {
      second = now
      count = 0
    }
    count += 1
    return count
  }
}
