/** When work has waited for too long, and how many may be under way then. */
export type LoadLimitSettings = {
  /** The wait that a queue may cause. */
  readonly targetMs: number
  /** How many waits are known before the limit is changed. */
  readonly samples: number
}

/** n.b. so many at a time keep every core busy that one process can use, and wait for little. */
const least = 32
const most = 4_096
const windowMs = 100
const silentMs = 1_000

/**
 * Finds out how much work may be under way at a time, from how long work waits. If even the shortest wait of a tenth of a
 * second is longer than `targetMs`, there is a queue that does not end: the limit becomes less than what was under way, and
 * more again as soon as one wait is short, or when nothing is heard for a second. Never less than 32, and not lowered while
 * fewer are under way: a little work is never refused, however slow it is.
 */
export class LoadLimit {
  readonly #settings: LoadLimitSettings
  #limit = most
  #underWay = 0
  /** The most that was under way since the window began. */
  #peak = 0
  #samples = 0
  #shortestMs = Number.POSITIVE_INFINITY
  #windowSinceMs = 0
  #changedAtMs = 0
  #heardAtMs = 0

  constructor(settings: LoadLimitSettings) {
    this.#settings = settings
  }

  /** How many may be under way. */
  get limit(): number {
    return this.#limit
  }

  /** How many are under way. */
  get underWay(): number {
    return this.#underWay
  }

  /** Whether one more may begin that may fill so large a share of the limit; the time is of the clock of `waited`. */
  hasRoom(share: number, nowMs: number): boolean {
    if (this.#underWay < this.#limit * share) return true
    // n.b. if all that would be heard of is refused, nothing is heard
    if (nowMs - this.#heardAtMs < silentMs) return false
    this.#raise()
    this.#heardAtMs = nowMs
    return this.#underWay < this.#limit * share
  }

  /** Counts one that begins, which has to `leave` again. */
  enter(): void {
    this.#underWay += 1
    if (this.#underWay > this.#peak) this.#peak = this.#underWay
  }

  leave(): void {
    this.#underWay -= 1
  }

  /**
   * Tells for how long something waited that began at a time; all times are of one clock. n.b. what began before the last
   * change was under way with more, and says nothing about the limit of now
   */
  waited(waitMs: number, beganAtMs: number, nowMs: number): void {
    if (beganAtMs < this.#changedAtMs) return
    this.#heardAtMs = nowMs
    this.#samples += 1
    if (waitMs < this.#shortestMs) this.#shortestMs = waitMs
    if (this.#samples < this.#settings.samples || nowMs - this.#windowSinceMs < windowMs) return
    if (this.#shortestMs > this.#settings.targetMs) this.#lower(nowMs)
    else this.#raise()
    this.#begin(nowMs)
  }

  #raise(): void {
    this.#limit = Math.min(most, this.#limit + Math.sqrt(this.#limit))
  }

  #lower(nowMs: number): void {
    // n.b. so few do not wait for each other
    if (this.#peak < least) return
    // n.b. what waits is in proportion to what is under way
    const factor = Math.min(0.9, Math.max(0.1, this.#settings.targetMs / this.#shortestMs))
    this.#limit = Math.max(least, Math.min(this.#limit, this.#peak) * factor)
    this.#changedAtMs = nowMs
  }

  #begin(nowMs: number): void {
    this.#windowSinceMs = nowMs
    this.#samples = 0
    this.#shortestMs = Number.POSITIVE_INFINITY
    this.#peak = this.#underWay
  }
}
