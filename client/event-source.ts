import { createBackOff } from './back-off.ts'
import type { RawAnswer } from './operation.ts'
import { readServerEvents } from './server-events.ts'
import type { Sessions } from './session.ts'
import { ShopError } from './shop-error.ts'
import type { Socket, SocketOperation, SocketSink } from './socket.ts'

// n.b. the gateway sends something every 12 s
const silenceMs = 17_000
const openWithinMs = 10_000
const tooMany = 429
const tooManyWaitMs = 5_000

/** What ended a stream; the token was refused if `token` is there. */
type Ending = {
  readonly error: unknown
  readonly refusedToken?: string | undefined
  readonly waitMs?: number
}

/**
 * Does what a socket does, by a request for each subscription, whose answer are server-sent events. A stream ends when its
 * token expires or the user changes, for the subscriber to begin anew.
 */
export const createEventSource = ({
  url,
  sessions,
}: {
  readonly url: string
  readonly sessions: Sessions
}): Socket => {
  const closing = new AbortController()
  const backOff = createBackOff(closing.signal)
  const streams = new Set<AbortController>()
  let refused: string | undefined

  const stopFollowing = sessions.onUser(() => {
    for (const stream of streams) stream.abort()
  })

  /** Runs one stream until it ends, and says why; undefined if it was completed. */
  const run = async <Data>(
    operation: SocketOperation,
    sink: SocketSink<Data>,
    stream: AbortController,
  ): Promise<Ending | undefined> => {
    await backOff.wait()
    const token = await sessions.accessToken(refused)
    const silence = createTimer(() => stream.abort())
    try {
      silence.restart(openWithinMs)
      stream.signal.throwIfAborted()
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          accept: 'text/event-stream',
          'content-type': 'application/json',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(operation),
        signal: stream.signal,
      })
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true
      if (!isStream || response.body === null) return await refusalOf(response, token)
      sink.open()
      for await (const event of readServerEvents(response.body, () => silence.restart(silenceMs))) {
        stream.signal.throwIfAborted()
        if (event.name === 'complete') return undefined
        const answer: RawAnswer<Data> = JSON.parse(event.data)
        if (isUnauthenticated(answer)) refused = token
        else backOff.succeeded()
        sink.next(answer)
      }
      return { error: disconnected() }
    } finally {
      silence.stop()
    }
  }

  return {
    subscribe: (operation, sink) => {
      const stream = new AbortController()
      streams.add(stream)
      let isLeft = false
      run(operation, sink, stream)
        .catch(
          (cause: unknown): Ending => ({ error: cause instanceof ShopError ? cause : disconnected(cause) }),
        )
        .then(ending => {
          streams.delete(stream)
          if (isLeft || closing.signal.aborted) return
          if (ending === undefined) return sink.complete()
          if (ending.refusedToken !== undefined) refused = ending.refusedToken
          backOff.failed(ending.waitMs)
          sink.error(ending.error)
        })
      return () => {
        isLeft = true
        streams.delete(stream)
        stream.abort()
      }
    },
    close: async () => {
      stopFollowing()
      closing.abort()
      for (const stream of streams) stream.abort()
    },
  }
}

/** n.b. what answers may be no shop: a proxy, or a gateway that knows no server-sent events. */
const refusalOf = async (response: Response, token: string | undefined): Promise<Ending> => {
  const { errors }: { errors?: unknown } = await response.json().catch(() => ({}))
  if (response.status === 401) return { error: errors ?? disconnected(), refusedToken: token }
  if (response.status === 503 || response.status === 403) return { error: errors ?? disconnected() }
  return { error: disconnected(), waitMs: response.status === tooMany ? tooManyWaitMs : 0 }
}

const isUnauthenticated = <Data>({ data, errors = [] }: RawAnswer<Data>): boolean =>
  data == null && errors.some(({ extensions }) => extensions?.code === 'UNAUTHENTICATED')

const disconnected = (cause?: unknown) => new ShopError('DISCONNECTED', 'The stream is closed.', { cause })

const createTimer = (act: () => void) => {
  let timer: ReturnType<typeof setTimeout> | undefined
  return {
    restart: (ms: number): void => {
      clearTimeout(timer)
      timer = setTimeout(act, ms)
    },
    stop: (): void => clearTimeout(timer),
  }
}
