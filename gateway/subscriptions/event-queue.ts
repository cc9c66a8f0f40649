import type { Backlog } from './backlog.ts'

/** Who takes the events of a queue, one after the other. */
export type Taker<Event> = {
  /** If it rejects, the queue is over: what waits is dropped, and `ended` gets the error. */
  readonly take: (event: Event) => Promise<void>
  /** Called once, as soon as no more event is queued. */
  readonly closed: () => void
  /** Called once, after the last event, unless the queue is dropped; with why it ended, if not by itself. */
  readonly ended: (error: unknown) => void
}

/**
 * A bounded queue of events. It fails with `tooSlow()` past `maxQueued` waiting ones, or if the backlog has no room.
 * n.b. a class that holds nothing while no event waits, since there are tens of thousands of them.
 */
export class EventQueue<Event extends { readonly bytes: number }> {
  readonly #taker: Taker<Event>
  readonly #backlog: Backlog
  #waiting: Event[] | undefined = undefined
  #isTaking = false
  #isClosed = false
  #isOver = false
  #failure: unknown = undefined

  constructor(taker: Taker<Event>, backlog: Backlog) {
    this.#taker = taker
    this.#backlog = backlog
  }

  push(
    event: Event,
    { maxQueued, tooSlow }: { readonly maxQueued: number; readonly tooSlow: () => Error },
  ): void {
    if (this.#isClosed) return
    this.#waiting ??= []
    if (this.#waiting.length >= maxQueued || !this.#backlog.take(event.bytes)) return void this.end(tooSlow())
    this.#waiting.push(event)
    if (!this.#isTaking) void this.#takeAll()
  }

  /** Ends the queue after what waits, with an error if it fails. */
  end(error?: unknown): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#failure = error
    this.#taker.closed()
    if (!this.#isTaking) this.#tellEnd()
  }

  /** Ends the queue at once, and tells nobody. */
  drop(): void {
    this.#isOver = true
    this.#giveBack()
    this.end()
  }

  /** Whether it takes no more events. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Whether its end was told, or it was dropped. */
  get isOver(): boolean {
    return this.#isOver
  }

  async #takeAll(): Promise<void> {
    this.#isTaking = true
    // n.b. whoever pushes goes on first, such as to push the same event to others
    await undefined
    for (let event = this.#waiting?.shift(); event !== undefined; event = this.#waiting?.shift()) {
      this.#backlog.give(event.bytes)
      try {
        await this.#taker.take(event)
      } catch (error) {
        this.#giveBack()
        this.end()
        this.#failure = error
      }
    }
    this.#waiting = undefined
    this.#isTaking = false
    if (this.#isClosed) this.#tellEnd()
  }

  #giveBack(): void {
    for (const { bytes } of this.#waiting?.splice(0) ?? []) this.#backlog.give(bytes)
  }

  #tellEnd(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#taker.ended(this.#failure)
  }
}
