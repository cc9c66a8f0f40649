/** When work has waited for too long, and how many may be under way then. */
export type LoadLimitSettings = {
  /** The wait that a queue may cause before anything is refused. */
  readonly targetMs: number
  /** The wait that it may cause as long as something is refused, for which a client is to wait less. */
  readonly loweredMs: number
  /** For how long waits are heard of, and of how many, before the limit is changed. */
  readonly windowMs: number
  readonly samples: number
}

/** n.b. so many at a time keep every core busy that one process can use, and wait for little. */
const least = 32
/** n.b. a limit that nothing has come near says nothing: with a higher one, a crowd would all get in before it is lowered */
const first = 1_024
const most = 4_096
const silentMs = 1_000
const latelyMs = 10_000

/**
 * Finds out how much work may be under way at a time, from how long work waits. If even the shortest wait of a window
 * is longer than `targetMs`, there is a queue that does not end: the limit becomes less than what was under way, and
 * more again as soon as one wait is short, or when nothing is heard for a second. Never less than 32, and not lowered while
 * fewer are under way: a little work is never refused, however slow it is. Until something was lowered 1,024 may be under way,
 * and more, up to 4,096, once half of that is.
 */
export class LoadLimit {
  readonly #settings: LoadLimitSettings
  #limit = first
  #underWay = 0
  /** The most that was under way since the window began. */
  #peak = 0
  #samples = 0
  #shortestMs = Number.POSITIVE_INFINITY
  #windowSinceMs = 0
  #changedAtMs = Number.NEGATIVE_INFINITY
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

  /** Whether less may be under way than before anything has waited. */
  get isLowered(): boolean {
    return this.#limit < first
  }

  /** Whether it is lowered, or was so in the last ten seconds. n.b. what is refused elsewhere lets it rise soon */
  wasLowered(nowMs: number): boolean {
    return this.isLowered || nowMs - this.#changedAtMs < latelyMs
  }

  /** Whether so few are under way that they do not wait for each other. */
  get isLight(): boolean {
    return this.#underWay < least
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
    const { samples, windowMs, targetMs, loweredMs } = this.#settings
    if (this.#samples < samples || nowMs - this.#windowSinceMs < windowMs) return
    const mostMs = this.isLowered ? loweredMs : targetMs
    if (this.#shortestMs > mostMs) this.#lower(mostMs, nowMs)
    else this.#raise()
    this.#begin(nowMs)
  }

  #raise(): void {
    if (this.#limit >= first && this.#peak < this.#limit / 2) return
    this.#limit = Math.min(most, this.#limit + Math.sqrt(this.#limit))
  }

  #lower(mostMs: number, nowMs: number): void {
    // n.b. so few do not wait for each other
    if (this.#peak < least) return
    // n.b. what waits is in proportion to what is under way
    const factor = Math.min(0.9, Math.max(0.1, mostMs / this.#shortestMs))
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
