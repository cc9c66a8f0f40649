/** What no document may exceed. */
export const bars = {
  /** The largest answer. */
  answerBytes: 2 * 1024 * 1024,
  /** The gateway's heap after a garbage collection. */
  heapBytes: 512 * 1024 * 1024,
} as const

/** How often the worst documents come at once. */
export const atOnce = 60

/** The products that a page shows, and the orders of the attacker. */
export const pageSize = 100
