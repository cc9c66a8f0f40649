/** How much may wait for one client. */
export const maxBacklogBytes = 4 * 1024 * 1024

/** The room, in bytes, for the events that a client's subscriptions keep together until the client has read them. */
export class Backlog {
  readonly #maxBytes: number
  #kept = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Takes room; false, and nothing taken, if there is not enough. */
  take(bytes: number): boolean {
    if (this.#kept + bytes > this.#maxBytes) return false
    this.#kept += bytes
    return true
  }

  give(bytes: number): void {
    this.#kept -= bytes
  }
}
