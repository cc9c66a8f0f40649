import type { Viewer } from '@supergraph/runtime/identity.ts'
import type { WebSocket } from 'ws'
import { gatewayError } from '../errors.ts'
import type { TokenSession } from '../sessions/access-token.ts'
import type { SessionWatch, SessionWatcher } from '../sessions/session-watch.ts'
import type { CurrentViewer } from '../subscriptions/subscription.ts'
import { closeSocket, closings } from './closings.ts'

type Watch = Pick<SessionWatch, 'watch' | 'unwatch'>

const maxOtherSessions = 100
const tooManySessions = `The operations of a socket may bring ${maxOtherSessions} sessions: open another socket.`

/** The sessions of a socket: its own, and those of operations with other tokens. The socket closes when one is over. */
export class SocketSessions {
  readonly #socket: WebSocket
  readonly #watch: Watch
  readonly #own: HeldSession
  #others: Map<string, HeldSession> | undefined = undefined
  #isOver: boolean

  /** Starts with the socket's own session. */
  constructor(socket: WebSocket, watch: Watch, first: TokenSession) {
    this.#socket = socket
    this.#watch = watch
    // n.b. the socket may have closed while the token was checked: nothing would end the watch
    this.#isOver = socket.readyState !== socket.OPEN
    this.#own = new HeldSession(this, first)
    this.#begin(this.#own)
  }

  get own(): CurrentViewer {
    return this.#own
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Replaces the socket's own session by another one of the same user; false, and nothing done, if it is not the same. */
  renew(session: TokenSession): boolean {
    if (!isSameUser(this.#own.session.viewer, session.viewer)) return false
    this.#replace(this.#own, session)
    return true
  }

  /** Holds the session of an operation that brings its own; throws TOO_MANY_OPERATIONS for the hundred and first one. */
  add(session: TokenSession): CurrentViewer {
    const key = session.viewer.kind === 'user' ? session.viewer.sessionId : ''
    this.#others ??= new Map()
    const known = this.#others.get(key)
    if (known === undefined && this.#others.size >= maxOtherSessions)
      throw gatewayError('TOO_MANY_OPERATIONS', tooManySessions)
    if (known !== undefined) {
      if (known.session.expiresAtMs < session.expiresAtMs) this.#replace(known, session)
      return known
    }
    const held = new HeldSession(this, session)
    this.#others.set(key, held)
    this.#begin(held)
    return held
  }

  /** Lets all sessions go, since the socket is closed or one of the sessions is over. */
  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const held of [this.#own, ...(this.#others?.values() ?? [])]) this.#watch.unwatch(held)
  }

  /** One of the sessions is over. */
  over(why: 'expired' | 'ended'): void {
    this.end()
    closeSocket(this.#socket, why === 'ended' ? closings.sessionEnded : closings.tokenExpired)
  }

  #begin(held: HeldSession): void {
    if (!this.#isOver) this.#watch.watch(held)
  }

  #replace(held: HeldSession, session: TokenSession): void {
    this.#watch.unwatch(held)
    held.session = session
    this.#begin(held)
  }
}

/** A session, as it was renewed last. */
class HeldSession implements SessionWatcher, CurrentViewer {
  readonly #sessions: SocketSessions
  session: TokenSession

  constructor(sessions: SocketSessions, session: TokenSession) {
    this.#sessions = sessions
    this.session = session
  }

  viewer(): Viewer | undefined {
    return this.#sessions.isOver || this.session.expiresAtMs <= Date.now() ? undefined : this.session.viewer
  }

  over(why: 'expired' | 'ended'): void {
    this.#sessions.over(why)
  }
}

const isSameUser = (one: Viewer, other: Viewer): boolean =>
  one.kind === 'user' && other.kind === 'user' && one.id === other.id
