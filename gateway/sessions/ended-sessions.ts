import type { Viewer } from '@supergraph/runtime/identity.ts'

/** The end of a session of a user, or, without a session's id, of all sessions that had begun by then. */
export type SessionEnd = {
  readonly userId: string
  readonly sessionId: string | null
  readonly atMs: number
}

// n.b. an access token lives 10 minutes; the 11th is for clocks that differ and events that come late
const keptMs = 11 * 60_000
const maxKept = 100_000

/** Remembers which sessions ended, for as long as their access tokens may live; at most 100,000 ends. */
export const createEndedSessions = (nowMs: () => number = () => performance.now()) => {
  const ends = new Map<string, { readonly atMs: number; readonly forgetAtMs: number }>()

  const forgetOld = (): void => {
    for (const [key, { forgetAtMs }] of ends) {
      if (ends.size < maxKept && forgetAtMs > nowMs()) break
      ends.delete(key)
    }
  }

  return {
    note: ({ userId, sessionId, atMs }: SessionEnd): void => {
      forgetOld()
      const key = sessionId === null ? allOf(userId) : one(sessionId)
      const known = ends.get(key)
      ends.delete(key)
      ends.set(key, { atMs: Math.max(atMs, known?.atMs ?? atMs), forgetAtMs: nowMs() + keptMs })
    },
    has: (viewer: Viewer): boolean => {
      if (viewer.kind !== 'user' || ends.size === 0) return false
      if (ends.has(one(viewer.sessionId))) return true
      const all = ends.get(allOf(viewer.id))
      return all !== undefined && begunAtMs(viewer.sessionId) <= all.atMs
    },
  }
}

const one = (sessionId: string) => `session ${sessionId}`
const allOf = (userId: string) => `user ${userId}`

// n.b. a session's id is a UUIDv7, which tells when the session began; any other id counts as older than every end
const begunAtMs = (sessionId: string): number =>
  sessionId[14] === '7' ? Number.parseInt(sessionId.slice(0, 8) + sessionId.slice(9, 13), 16) : 0
