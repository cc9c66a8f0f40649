import type { Viewer } from '@supergraph/runtime/identity.ts'
import type { WebSocket } from 'ws'
import { gatewayError } from '../errors.ts'
import type { TokenSession } from '../sessions/access-token.ts'
import type { SessionWatch } from '../sessions/session-watch.ts'
import { watchToken } from '../sessions/watch-token.ts'
import { type Closing, closeSocket, closings } from './closings.ts'

/** The viewer for whom an operation runs, at each moment; undefined once the viewer's session is over. */
export type CurrentViewer = () => Viewer | undefined

type Watch = Pick<SessionWatch, 'hasEnded' | 'onEnd'>

const maxOtherSessions = 100
const tooManySessions = `The operations of a socket may bring ${maxOtherSessions} sessions: open another socket.`

/** The sessions of a socket: its own, and those of operations with other tokens. The socket closes when one is over. */
export type SocketSessions = ReturnType<typeof createSocketSessions>

/** Starts with the socket's own session; all sessions are let go when the socket closes. */
export const createSocketSessions = (socket: WebSocket, watch: Watch, first: TokenSession) => {
  const releases = new Set<() => void>()
  let isOver = socket.readyState !== socket.OPEN

  const endAll = (): void => {
    isOver = true
    for (const release of releases) release()
    releases.clear()
  }
  const close = (closing: Closing): void => {
    endAll()
    closeSocket(socket, closing)
  }
  const hold = (session: TokenSession) => {
    let current = session
    let release = (): void => undefined
    const begin = (next: TokenSession): void => {
      release()
      releases.delete(release)
      current = next
      // n.b. the socket may have closed while the token was checked: nothing would end this watch
      if (isOver) return
      release = watchToken(next, watch, why =>
        close(why === 'ended' ? closings.sessionEnded : closings.tokenExpired),
      )
      if (isOver) release()
      else releases.add(release)
    }
    begin(session)
    const viewer: CurrentViewer = () =>
      isOver || current.expiresAtMs <= Date.now() ? undefined : current.viewer
    return { viewer, expiresAtMs: () => current.expiresAtMs, renew: begin }
  }

  socket.once('close', endAll)
  const own = hold(first)
  const others = new Map<string, ReturnType<typeof hold>>()
  return {
    viewer: own.viewer,
    /** Replaces the socket's own session by another one of the same user; false, and nothing done, if it is not the same. */
    renew: (session: TokenSession): boolean => {
      if (!isSameUser(first.viewer, session.viewer)) return false
      own.renew(session)
      return true
    },
    /** Holds the session of an operation that brings its own; throws TOO_MANY_OPERATIONS for the hundred and first one. */
    add: (session: TokenSession): CurrentViewer => {
      const key = session.viewer.kind === 'user' ? session.viewer.sessionId : ''
      const known = others.get(key)
      if (known === undefined && others.size >= maxOtherSessions)
        throw gatewayError('TOO_MANY_OPERATIONS', tooManySessions)
      if (known !== undefined && known.expiresAtMs() < session.expiresAtMs) known.renew(session)
      const held = known ?? hold(session)
      others.set(key, held)
      return held.viewer
    },
  }
}

const isSameUser = (one: Viewer, other: Viewer): boolean =>
  one.kind === 'user' && other.kind === 'user' && one.id === other.id
