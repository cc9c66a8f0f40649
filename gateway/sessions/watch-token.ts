import type { TokenSession } from './access-token.ts'
import type { SessionWatch } from './session-watch.ts'

const maxTimerMs = 2_147_483_647

/** Calls `end` once, when the token expires or its session ends, or at once if it has ended; returns what ends the watch. */
export const watchToken = (
  { viewer, expiresAtMs }: TokenSession,
  { hasEnded, onEnd }: Pick<SessionWatch, 'hasEnded' | 'onEnd'>,
  end: (why: 'expired' | 'ended') => void,
): (() => void) => {
  if (hasEnded(viewer)) {
    end('ended')
    return () => undefined
  }
  const stopWatching = onEnd(viewer, () => end('ended'))
  if (expiresAtMs === Number.POSITIVE_INFINITY) return stopWatching
  // n.b. a longer timer would fire at once
  const waitMs = Math.min(expiresAtMs - Date.now(), maxTimerMs)
  const timer = setTimeout(() => end('expired'), waitMs)
  return () => {
    stopWatching()
    clearTimeout(timer)
  }
}
