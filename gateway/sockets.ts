import type { IncomingMessage, Server } from 'node:http'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { type ExecutionArgs, GraphQLError } from 'graphql'
import type { SubscribePayload } from 'graphql-ws'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'
import type { Authenticate, Session } from './access-token.ts'
import { type FormatError, formatAny, gatewayError } from './errors.ts'
import type { createSocketOperations } from './socket-operations.ts'

const maxOperationsPerSocket = 100
const maxPayloadBytes = 256 * 1024
const closeWithinMs = 1_000
const maxTimerMs = 2_147_483_647
const unauthorized = 4401
const tryAgainLater = 1013

const headers = z.record(z.string(), z.unknown())
const extensionsWithHeaders = z.object({ headers })

/**
 * Serves graphql-transport-ws at `/graphql`. The token comes in the payload of `connection_init` as `authorization`; an
 * operation may bring another as `extensions.headers.authorization`, which is where GraphiQL puts it. A bad one in
 * `connection_init` closes the socket with 4401, and so does its expiry; `stop` closes all sockets with 1001.
 */
export const serveSockets = ({
  server,
  authenticate,
  mayConnect,
  operations,
  format,
}: {
  readonly server: Server
  readonly authenticate: Authenticate
  readonly mayConnect: (request: IncomingMessage) => boolean
  readonly operations: ReturnType<typeof createSocketOperations>
  readonly format: FormatError
}): Running => {
  const sockets = new WebSocketServer({
    server,
    path: '/graphql',
    maxPayload: maxPayloadBytes,
    verifyClient: ({ req }, answer) => answer(mayConnect(req), 403),
  })

  const prepare = async (
    payload: SubscribePayload,
    socket: WebSocket,
    session: Session | undefined,
  ): Promise<ExecutionArgs | readonly GraphQLError[]> => {
    try {
      const own = extensionsWithHeaders.safeParse(payload.extensions).data
      const authorization = own && authorizationIn(own.headers)
      if (authorization === undefined) {
        const current = session ?? (await authenticate(undefined))
        // n.b. the socket closes at expiry, but a client need not take notice
        if (current.expiresAtMs <= Date.now())
          return [gatewayError('UNAUTHENTICATED', 'The access token has expired.')]
        return operations.prepare(payload, current)
      }
      const ownSession = await authenticate(authorization)
      closeAtExpiry(socket, ownSession)
      return operations.prepare(payload, ownSession)
    } catch (error) {
      return [asGraphQLError(error)]
    }
  }

  const { dispose } = useServer<Record<string, unknown>, { session: Session }>(
    {
      // n.b. else it puts the message of whatever was thrown into the close reason
      isProd: true,
      onConnect: async ({ connectionParams = {}, extra }) => {
        try {
          extra.session = await authenticate(authorizationIn(connectionParams))
          closeAtExpiry(extra.socket, extra.session)
          return true
        } catch (error) {
          if (formatAny(format, error).extensions?.code === 'UNAUTHENTICATED') {
            extra.socket.close(unauthorized, 'Unauthorized')
          } else {
            extra.socket.close(tryAgainLater, 'Try again later')
          }
          return false
        }
      },
      onSubscribe: ({ extra, subscriptions }, _id, payload) =>
        Object.keys(subscriptions).length > maxOperationsPerSocket
          ? [tooManyOperations()]
          : prepare(payload, extra.socket, extra.session),
      execute: operations.run,
      subscribe: operations.run,
      onError: (_context, _id, _payload, errors) => errors.map(error => formatAny(format, error)),
    },
    sockets,
  )

  return {
    stop: async () => {
      const timer = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate()
      }, closeWithinMs)
      await dispose()
      clearTimeout(timer)
    },
  }
}

const authorizationIn = (values: z.output<typeof headers>): string | undefined => {
  const [, value] = Object.entries(values).find(([name]) => name.toLowerCase() === 'authorization') ?? []
  if (value === undefined || value === null) return undefined
  // n.b. what is no text is a bad token, not an absent one
  return typeof value === 'string' ? value : ''
}

const expiries = new WeakMap<WebSocket, number>()

const closeAtExpiry = (socket: WebSocket, { expiresAtMs }: Session): void => {
  // n.b. the socket may have closed while the token was checked, and then closes no more
  if (socket.readyState !== WebSocket.OPEN) return
  if (expiresAtMs >= (expiries.get(socket) ?? Number.POSITIVE_INFINITY)) return
  expiries.set(socket, expiresAtMs)
  // n.b. a longer timer would fire at once
  const waitMs = Math.min(expiresAtMs - Date.now(), maxTimerMs)
  const timer = setTimeout(() => {
    socket.close(unauthorized, 'Token expired')
    setTimeout(() => socket.terminate(), closeWithinMs).unref()
  }, waitMs)
  socket.once('close', () => clearTimeout(timer))
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
