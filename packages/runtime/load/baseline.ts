const keptForMs = 300_000
const groupSize = 5

/**
 * What something takes when it waits for nothing: the least median of five times in a row, in the last five to ten minutes.
 * n.b. the shortest time alone is that of the one case that has nothing to do, such as an empty page
 */
export class Baseline {
  readonly #group: number[] = []
  #ms = Number.POSITIVE_INFINITY
  #beforeMs = Number.POSITIVE_INFINITY
  #sinceMs = 0

  /** Takes a time, and returns by how much it exceeds the baseline of those before, 0 if it does not; undefined for the first five. */
  excessOf(ms: number, nowMs: number): number | undefined {
    this.#forget(nowMs)
    const baselineMs = Math.min(this.#ms, this.#beforeMs)
    this.#add(ms)
    return baselineMs === Number.POSITIVE_INFINITY ? undefined : Math.max(0, ms - baselineMs)
  }

  #forget(nowMs: number): void {
    if (nowMs - this.#sinceMs <= keptForMs) return
    // n.b. what is rarely asked for keeps what was found before
    if (this.#ms !== Number.POSITIVE_INFINITY) this.#beforeMs = this.#ms
    this.#ms = Number.POSITIVE_INFINITY
    this.#sinceMs = nowMs
  }

  /** n.b. the group is kept in order: a call of `sort` for each five takes longer than all else here */
  #add(ms: number): void {
    const group = this.#group
    let place = group.length
    for (; place > 0 && (group[place - 1] ?? 0) > ms; place -= 1) group[place] = group[place - 1] ?? 0
    group[place] = ms
    if (group.length < groupSize) return
    const [, , medianMs = ms] = group
    group.length = 0
    if (medianMs < this.#ms) this.#ms = medianMs
  }
}
