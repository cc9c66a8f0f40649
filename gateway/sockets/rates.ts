/**
 * Counts something that happens to each of many, anew with each second of the clock.
 * n.b. it keeps nothing of those that wait: measured, a counter of its own takes 40 bytes of each.
 */
export class Rates<T extends WeakKey> {
  #second = 0
  #counts = new WeakMap<T, number>()

  /** Counts once more for one of them, and gives how often that was in this second. */
  count(one: T): number {
    const now = Math.floor(performance.now() / 1_000)
    if (now !== this.#second) {
      this.#second = now
      this.#counts = new WeakMap()
    }
    const count = (this.#counts.get(one) ?? 0) + 1
    this.#counts.set(one, count)
    return count
  }
}
