/** When to connect again after a connection broke. */
export type Retries = ReturnType<typeof createRetries>

const firstWaitMs = 100
const longestWaitMs = 3_000
const steadyAfterMs = 5_000

/**
 * Calls `retry` after growing pauses, each of which is between half and all of what it may be, so that the gateways do not
 * come all at once. An outage begins with its first failure, and ends with an event, or with a connection that lasts 5 s.
 */
export const createRetries = ({ forMs, retry }: { readonly forMs: number; readonly retry: () => void }) => {
  let outageSinceMs: number | undefined
  let attempts = 0
  let timer: NodeJS.Timeout | undefined
  let steady: NodeJS.Timeout | undefined

  const over = (): void => {
    clearTimeout(steady)
    outageSinceMs = undefined
    attempts = 0
  }

  return {
    /** Notes a failure; false if the outage has lasted too long for another attempt. */
    failed: (): boolean => {
      clearTimeout(steady)
      outageSinceMs ??= performance.now()
      const canRetry = performance.now() - outageSinceMs < forMs
      if (!canRetry) over()
      return canRetry
    },
    /** Lets `retry` be called. */
    schedule: (): void => {
      const waitMs = Math.min(firstWaitMs * 2 ** attempts, longestWaitMs)
      attempts += 1
      clearTimeout(timer)
      timer = setTimeout(retry, waitMs * (0.5 + Math.random() / 2))
    },
    connected: (): void => {
      clearTimeout(timer)
      clearTimeout(steady)
      if (outageSinceMs !== undefined) steady = setTimeout(over, steadyAfterMs).unref()
    },
    succeeded: over,
    stop: (): void => {
      clearTimeout(timer)
      clearTimeout(steady)
    },
  }
}
