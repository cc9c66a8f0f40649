/** How a call went: `unknown` if it says nothing about the service. */
export type CallOutcome = 'worked' | 'failed' | 'unknown'

/** How a call was let through. */
export type Pass = 'call' | 'trial'

/** Keeps calls from a service whose last calls failed. */
export type Breaker = ReturnType<typeof createBreaker>

/** After so many failures in a row lets nothing through for `pauseMs`; then lets one trial through, whose outcome decides for the others. */
export const createBreaker = ({
  failuresInARow,
  pauseMs,
}: {
  readonly failuresInARow: number
  readonly pauseMs: number
}) => {
  let failures = 0
  let state: 'closed' | 'open' | 'trial' = 'closed'
  let openedAtMs = 0

  const open = () => {
    state = 'open'
    openedAtMs = performance.now()
  }
  const close = () => {
    state = 'closed'
    failures = 0
  }
  const letsThrough = () =>
    state === 'closed' || (state === 'open' && performance.now() - openedAtMs >= pauseMs)

  return {
    /** Whether a call would be let through now. */
    letsThrough,
    /** Whether the last calls did not fail, as far as is known. */
    isClosed: (): boolean => state === 'closed',
    /** Lets a call through, which has to `leave` again; undefined if it is not to be made. */
    enter: (): Pass | undefined => {
      if (state === 'closed') return 'call'
      if (!letsThrough()) return undefined
      state = 'trial'
      return 'trial'
    },
    /** Whether a call that was let through and then waited may still be made. */
    isStillLetThrough: (pass: Pass): boolean => pass === 'trial' || state === 'closed',
    /** Ends a call that was let through. */
    leave: (pass: Pass, outcome: CallOutcome): void => {
      // n.b. a call that began before the pause says nothing about the service after it
      if (pass === 'call' && state !== 'closed') return
      if (outcome === 'worked') close()
      else if (outcome === 'failed') {
        failures += 1
        if (pass === 'trial' || failures === failuresInARow) open()
      } else if (pass === 'trial') {
        // n.b. the pause is over already, so the next call is the trial
        state = 'open'
      }
    },
  }
}
