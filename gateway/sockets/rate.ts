/** Counts something that happens, anew with each second of the clock. */
export class Rate {
  #second = 0
  #count = 0

  /** Counts once more, and gives how often that was in this second. */
  count(): number {
    const now = Math.floor(performance.now() / 1_000)
    if (now !== this.#second) {
      this.#second = now
      this.#count = 0
    }
    this.#count += 1
    return this.#count
  }
}
