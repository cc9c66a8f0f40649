// n.b. some bundlers of React Native know no `exports`, and so no `graphql-ws/client`
import { type ClientOptions, createClient } from 'graphql-ws'
import { createBackOff } from './back-off.ts'
import type { RawAnswer } from './operation.ts'
import { createRenewal } from './renewal.ts'
import type { Sessions } from './session.ts'
import { closeCodeOf, ShopError } from './shop-error.ts'

/** What graphql-ws sends for an operation. */
export type SocketOperation = { readonly query: string; readonly variables: Record<string, unknown> }

/** What is told of an operation: `open` once the socket is there and the operation on its way, `error` or `complete` at the end. */
export type SocketSink<Data> = {
  readonly open: () => void
  readonly next: (answer: RawAnswer<Data>) => void
  readonly error: (reason: unknown) => void
  readonly complete: () => void
}

export type Socket = ReturnType<typeof createSocket>

const unauthorized = 4401
const tooMany = 4429
const tooManyWaitMs = 5_000
const restarting: ReadonlySet<number | undefined> = new Set([1001, 1012, 1013])
const restartSpreadMs = 2_000
const keepAliveMs = 12_000
const pongWithinMs = 5_000
const ackWithinMs = 10_000
const idleMs = 1_000

/**
 * One WebSocket for all subscriptions, open while there is one and 1 s longer. It signs in as the session's user, renews the token
 * while open, finds out when the network is gone, and spaces its attempts to connect out; what runs on it ends with the
 * socket, for the subscriber to begin anew.
 */
export const createSocket = ({
  url,
  sessions,
  webSocketImpl,
}: {
  readonly url: string
  readonly sessions: Sessions
  readonly webSocketImpl?: unknown
}) => {
  const closing = new AbortController()
  const backOff = createBackOff(closing.signal)
  const openListeners = new Set<() => void>()
  let isOpen = false
  let isFailureCounted = true
  let userChanges = 0
  let changesAtConnect = 0
  let token: string | undefined
  let refused: string | undefined
  let pongTimer: ReturnType<typeof setTimeout> | undefined
  const renewal = createRenewal(sessions)

  // n.b. one failed attempt may be reported twice, as an error and as a close
  const countFailure = (atLeastMs = 0): void => {
    if (!isFailureCounted) backOff.failed(atLeastMs)
    isFailureCounted = true
  }
  // n.b. a socket can't change its user: the gateway closes it with 4403
  const replace = (): void => {
    isFailureCounted = true
    client.terminate()
  }

  const on: ClientOptions['on'] = {
    connected: socket => {
      if (changesAtConnect !== userChanges) return replace()
      isOpen = true
      if (token !== undefined) renewal.begin(socket, token)
      for (const listener of [...openListeners]) listener()
    },
    message: ({ type }) => {
      if (type === 'next') backOff.succeeded()
    },
    ping: received => {
      if (!received) pongTimer ??= setTimeout(() => client.terminate(), pongWithinMs)
    },
    pong: (received, payload) => {
      if (!received) return
      clearTimeout(pongTimer)
      pongTimer = undefined
      renewal.answered(payload)
    },
    closed: event => {
      isOpen = false
      clearTimeout(pongTimer)
      pongTimer = undefined
      const lastToken = renewal.end() ?? token
      const code = closeCodeOf(event)
      if (code === unauthorized) refused = lastToken
      // n.b. without subscribers, the socket was closed because nobody needs it
      if (openListeners.size > 0) countFailure(waitMsAfter(code))
    },
    error: () => countFailure(),
  }

  const client = createClient({
    // n.b. nobody catches what this throws: calls that may fail belong into connectionParams
    url: async () => {
      await backOff.wait()
      isFailureCounted = false
      return url
    },
    connectionParams: async () => {
      const changes = userChanges
      token = await sessions.accessToken(refused).catch((error: unknown) => {
        if (changes === userChanges) throw error
        return undefined
      })
      changesAtConnect = changes
      // n.b. who is left connects as the next user
      if (changes !== userChanges) throw new ShopError('DISCONNECTED', 'The user has changed.')
      return token === undefined ? {} : { authorization: `Bearer ${token}` }
    },
    retryAttempts: 0,
    keepAlive: keepAliveMs,
    lazyCloseTimeout: idleMs,
    connectionAckWaitTimeout: ackWithinMs,
    ...(webSocketImpl !== undefined && { webSocketImpl }),
    on,
  })

  const stopFollowing = sessions.onUser(() => {
    userChanges += 1
    if (isOpen) replace()
  })

  return {
    /** Runs a subscription until the returned function is called or the sink is told of its end. */
    subscribe: <Data>(operation: SocketOperation, sink: SocketSink<Data>): (() => void) => {
      const stopListening = () => openListeners.delete(sink.open)
      openListeners.add(sink.open)
      const unsubscribe = client.subscribe<Data>(operation, {
        next: sink.next,
        error: error => {
          stopListening()
          sink.error(error)
        },
        complete: () => {
          stopListening()
          sink.complete()
        },
      })
      if (isOpen) sink.open()
      return () => {
        stopListening()
        unsubscribe()
      }
    },

    close: async (): Promise<void> => {
      stopFollowing()
      closing.abort()
      renewal.end()
      clearTimeout(pongTimer)
      // n.b. it rejects if the socket never opened
      await Promise.resolve(client.dispose()).catch(() => undefined)
    },
  }
}

/** n.b. a gateway that stops sends all of its clients to the next one at once. */
const waitMsAfter = (code: number | undefined): number => {
  if (code === tooMany) return tooManyWaitMs
  return restarting.has(code) ? Math.random() * restartSpreadMs : 0
}
