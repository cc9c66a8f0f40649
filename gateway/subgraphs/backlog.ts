/** The room, in bytes, for the events that a client's subscriptions keep together until the client has read them. */
export type Backlog = {
  /** Takes room; false, and nothing taken, if there is not enough. */
  readonly take: (bytes: number) => boolean
  readonly give: (bytes: number) => void
}

/** A backlog with room for `maxBytes`. */
export const createBacklog = (maxBytes: number): Backlog => {
  let kept = 0
  return {
    take: bytes => {
      if (kept + bytes > maxBytes) return false
      kept += bytes
      return true
    },
    give: bytes => {
      kept -= bytes
    },
  }
}
