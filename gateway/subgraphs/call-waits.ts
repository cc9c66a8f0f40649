/** For how long an execution has waited for subgraphs: as long as at least one of its calls was under way. */
export class CallWaits {
  #underWay = 0
  #sinceMs = 0
  #waitedMs = 0

  begin(nowMs: number): void {
    if (this.#underWay === 0) this.#sinceMs = nowMs
    this.#underWay += 1
  }

  end(nowMs: number): void {
    this.#underWay -= 1
    if (this.#underWay === 0) this.#waitedMs += nowMs - this.#sinceMs
  }

  get waitedMs(): number {
    return this.#waitedMs
  }
}
