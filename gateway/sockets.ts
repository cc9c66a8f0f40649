import type { IncomingMessage, Server } from 'node:http'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { type ExecutionArgs, GraphQLError } from 'graphql'
import type { SubscribePayload } from 'graphql-ws'
import { type Extra, useServer } from 'graphql-ws/use/ws'
import { WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'
import type { Authenticate } from './access-token.ts'
import type { ClientAddress } from './client-address.ts'
import { type FormatError, formatAny, gatewayError } from './errors.ts'
import { closeSocket, closings } from './sessions/closings.ts'
import { keepDoor } from './sessions/doorkeeper.ts'
import type { SessionWatch } from './sessions/session-watch.ts'
import { createSocketSessions, type SocketSessions } from './sessions/socket-sessions.ts'
import type { createSocketOperations } from './socket-operations.ts'
import { type Backlog, createBacklog } from './subscriptions/backlog.ts'

const maxOperationsPerSocket = 100
const maxPayloadBytes = 256 * 1024
const maxBacklogBytes = 4 * 1024 * 1024
const maxUnreadBytes = 16 * 1024 * 1024
const closeWithinMs = 1_000
const initWithinMs = 10_000

type Connection = Extra & { sessions?: SocketSessions; backlog?: Backlog }

const headers = z.record(z.string(), z.unknown())
const extensionsWithHeaders = z.object({ headers })

/**
 * Serves graphql-transport-ws at `/graphql`. The token comes in the payload of `connection_init` as `authorization`, is
 * renewed by that of a `ping`, and an operation may bring another as `extensions.headers.authorization`, which is where
 * GraphiQL puts it. A socket closes when a session that it stands on is over; `stop` closes all sockets with 1001. One
 * that leaves 16 MiB unread is cut off.
 */
export const serveSockets = ({
  server,
  authenticate,
  sessionWatch,
  mayConnect,
  clientAddress,
  socketsPerAddress,
  operations,
  format,
}: {
  readonly server: Server
  readonly authenticate: Authenticate
  readonly sessionWatch: SessionWatch
  readonly mayConnect: (request: IncomingMessage) => boolean
  readonly clientAddress: ClientAddress
  readonly socketsPerAddress: number
  readonly operations: ReturnType<typeof createSocketOperations>
  readonly format: FormatError
}): Running => {
  const sockets = new WebSocketServer({
    noServer: true,
    path: '/graphql',
    maxPayload: maxPayloadBytes,
    WebSocket: QuietSocket,
  })
  const isUnauthenticated = (error: unknown) =>
    formatAny(format, error).extensions?.code === 'UNAUTHENTICATED'

  const prepare = async (
    payload: SubscribePayload,
    { sessions, backlog, request }: Connection,
  ): Promise<ExecutionArgs | readonly GraphQLError[]> => {
    try {
      if (sessions === undefined || backlog === undefined)
        throw new Error('an operation came on a socket that was not acknowledged')
      const own = extensionsWithHeaders.safeParse(payload.extensions).data
      const authorization = own && authorizationIn(own.headers)
      const currentViewer =
        authorization === undefined ? sessions.viewer : sessions.add(await authenticate(authorization))
      return operations.prepare(payload, { currentViewer, clientAddress: clientAddress(request), backlog })
    } catch (error) {
      return [asGraphQLError(error)]
    }
  }

  /** Puts a new token in the place of the old one; gives what to answer. */
  const renew = async ({ socket, sessions }: Connection, authorization: string): Promise<object> => {
    try {
      const session = await authenticate(authorization)
      if (sessions === undefined) closeSocket(socket, closings.unauthorized)
      else if (!sessions.renew(session)) closeSocket(socket, closings.otherUser)
      return { expiresAt: new Date(session.expiresAtMs).toISOString() }
    } catch (error) {
      if (isUnauthenticated(error)) closeSocket(socket, closings.unauthorized)
      return { code: 'SERVICE_UNAVAILABLE' }
    }
  }

  const { dispose } = useServer<Record<string, unknown>, Partial<Connection>>(
    {
      // n.b. else it puts the message of whatever was thrown into the close reason
      isProd: true,
      connectionInitWaitTimeout: initWithinMs,
      onConnect: async ({ connectionParams = {}, extra }) => {
        try {
          const session = await authenticate(authorizationIn(connectionParams))
          extra.sessions = createSocketSessions(extra.socket, sessionWatch, session)
          extra.backlog = createBacklog(maxBacklogBytes)
          return true
        } catch (error) {
          closeSocket(extra.socket, isUnauthenticated(error) ? closings.unauthorized : closings.tryAgainLater)
          return false
        }
      },
      onPing: async ({ extra }, payload) => {
        const authorization = payload && authorizationIn(payload)
        if (payload === undefined || authorization === undefined) return
        const answer = await renew(extra, authorization)
        // n.b. graphql-ws sends this very object back, which must not carry the token
        for (const name of Object.keys(payload)) delete payload[name]
        Object.assign(payload, answer)
      },
      onSubscribe: ({ extra, subscriptions }, _id, payload) =>
        Object.keys(subscriptions).length > maxOperationsPerSocket
          ? [tooManyOperations()]
          : prepare(payload, extra),
      onNext: ({ extra }) => cutOffUnread(extra.socket),
      execute: operations.run,
      subscribe: operations.run,
      onError: (_context, _id, _payload, errors) => errors.map(error => formatAny(format, error)),
    },
    sockets,
  )
  // n.b. graphql-ws would print whatever a client does to its socket; ws closes it with the right code by itself
  sockets.on('connection', socket => {
    socket.removeAllListeners('error').on('error', () => undefined)
    for (const event of ['message', 'ping']) socket.on(event, () => cutOffUnread(socket))
  })
  const door = keepDoor({ server, sockets, mayConnect, clientAddress, socketsPerAddress })

  return {
    stop: async () => {
      const timer = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate()
      }, closeWithinMs)
      await dispose()
      clearTimeout(timer)
      await door.stop()
    },
  }
}

const authorizationIn = (values: z.output<typeof headers>): string | undefined => {
  const [, value] = Object.entries(values).find(([name]) => name.toLowerCase() === 'authorization') ?? []
  if (value === undefined || value === null) return undefined
  // n.b. what is no text is a bad token, not an absent one
  return typeof value === 'string' ? value : ''
}

/** n.b. graphql-ws prints each message that a socket did not take any more; the close tells it as well. */
class QuietSocket extends WebSocket {
  override send(data: Parameters<WebSocket['send']>[0], ...rest: readonly unknown[]): void {
    const sent = rest.at(-1)
    super.send(data, () => {
      if (typeof sent === 'function') sent()
    })
  }
}

/** n.b. not with a code: whoever reads nothing would not read that either. */
const cutOffUnread = (socket: WebSocket): void => {
  if (socket.bufferedAmount > maxUnreadBytes) socket.terminate()
}

const tooManyOperations = () =>
  gatewayError(
    'TOO_MANY_OPERATIONS',
    `A socket carries at most ${maxOperationsPerSocket} operations at a time: complete one, or open another socket.`,
  )

const asGraphQLError = (error: unknown): GraphQLError =>
  error instanceof GraphQLError
    ? error
    : new GraphQLError('Internal server error', { originalError: error instanceof Error ? error : undefined })
