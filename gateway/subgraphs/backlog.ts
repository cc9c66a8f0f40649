/** What a client's subscriptions may keep for it together, in bytes, until it has read that. */
export type Backlog = {
  /** Whether there is room for as much; it is taken then. */
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
