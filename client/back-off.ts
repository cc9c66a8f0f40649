const firstMs = 200
const maxMs = 10_000
const forgottenAfterMs = 60_000

/** Spaces attempts out: after each failure twice as long, up to 10 s, and never all clients at the same moment. */
export type BackOff = {
  /** Waits until the next attempt may be made; not at all if none failed. */
  readonly wait: () => Promise<void>
  /** An attempt failed; the next one comes in `atLeastMs` at the earliest. */
  readonly failed: (atLeastMs?: number) => void
  readonly succeeded: () => void
}

/** Makes a back-off whose waiting ends early when `signal` aborts. */
export const createBackOff = (signal: AbortSignal): BackOff => {
  let failures = 0
  let notBeforeMs = 0
  return {
    wait: () => pause(notBeforeMs - performance.now(), signal),
    failed: (atLeastMs = 0) => {
      const nowMs = performance.now()
      if (nowMs - notBeforeMs > forgottenAfterMs) failures = 0
      notBeforeMs = nowMs + atLeastMs + retryDelayMs(failures, Math.random())
      failures += 1
    },
    succeeded: () => {
      failures = 0
      notBeforeMs = 0
    },
  }
}

/** How long to wait after so many earlier failures; `random` is from 0 to 1. */
export const retryDelayMs = (failures: number, random: number): number =>
  Math.min(maxMs, firstMs * 2 ** failures) * (0.5 + random / 2)

/** Waits, no longer than until `signal` aborts. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (ms <= 0 || signal.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
