const keptForMs = 300_000

/** The shortest time that something took in the last five to ten minutes. */
export class Shortest {
  #ms = Number.POSITIVE_INFINITY
  #beforeMs = Number.POSITIVE_INFINITY
  #sinceMs = 0

  /** Takes a time, and returns by how much it exceeds the shortest one, itself included. */
  excessOf(ms: number, nowMs: number): number {
    if (nowMs - this.#sinceMs > keptForMs) {
      this.#beforeMs = this.#ms
      this.#ms = Number.POSITIVE_INFINITY
      this.#sinceMs = nowMs
    }
    if (ms < this.#ms) this.#ms = ms
    return ms - Math.min(this.#ms, this.#beforeMs)
  }
}
