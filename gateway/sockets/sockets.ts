import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { networkOf } from '@supergraph/runtime/network.ts'
import { beginSpan, runInSpan, traceHeader } from '@supergraph/runtime/trace-context.ts'
import { type ExecutionArgs, GraphQLError } from 'graphql'
import { handleProtocols, makeServer, type PingMessage, type SubscribePayload } from 'graphql-ws'
import { type WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'
import { type FormatError, formatAny, gatewayError } from '../errors.ts'
import type { ClientQueue } from '../execution/client-queue.ts'
import { isNestedTooDeep } from '../limits/nesting.ts'
import type { Authenticate } from '../sessions/access-token.ts'
import type { SessionWatch } from '../sessions/session-watch.ts'
import { type Backlog, createBacklog, maxBacklogBytes } from '../subgraphs/event-stream.ts'
import { OperationRefused } from '../subscriptions/streamed-operations.ts'
import { type Admission, acceptSockets } from './accept.ts'
import { closeSocket, closeWithinMs, closings } from './closings.ts'
import { connect, send } from './connection.ts'
import { startKeepAlive } from './keep-alive.ts'
import type { createSocketOperations } from './operations.ts'
import { type CountInSecond, createRate } from './rate.ts'
import { createSocketSessions, type SocketSessions } from './sessions.ts'

const maxOperationsPerSocket = 100
const tooMany = `A socket carries at most ${maxOperationsPerSocket} operations at a time: complete one, or open another socket.`
const maxOperationsPerSecond = 200
const tooFast = `A socket may begin ${maxOperationsPerSecond} operations a second: wait, or ask for several things in one operation.`
const maxPayloadBytes = 256 * 1024
const initWithinMs = 10_000

type ClientSocket = {
  readonly socket: WebSocket
  readonly clientAddress: string | undefined
  readonly backlog: Backlog
  readonly gone: AbortSignal
  /** Counts an operation that begins. n.b. those that end at once are never many at a time, and their answers take megabytes. */
  readonly countBegun: CountInSecond
  /** Undefined until the connection is acknowledged. */
  sessions?: SocketSessions
}

const headers = z.record(z.string(), z.unknown())
const extensionsWithHeaders = z.object({ headers })

/**
 * Serves graphql-transport-ws at `/graphql`. The token comes in the payload of `connection_init` as `authorization`, and
 * the payload of a `ping` renews it; an operation may bring another token as `extensions.headers.authorization`, the
 * place that GraphiQL gives it. A socket closes when one of its sessions is over; `stop` closes all sockets with 1001.
 */
export const serveSockets = ({
  server,
  authenticate,
  sessionWatch,
  admission,
  operations,
  queue,
  format,
  logger,
}: {
  readonly server: Server
  readonly authenticate: Authenticate
  readonly sessionWatch: SessionWatch
  readonly admission: Admission
  readonly operations: ReturnType<typeof createSocketOperations>
  readonly queue: Pick<ClientQueue, 'begin'>
  readonly format: FormatError
  readonly logger: Logger
}): Running => {
  const isUnauthenticated = (error: unknown) =>
    formatAny(format, error).extensions?.code === 'UNAUTHENTICATED'

  const prepare = async (
    id: string,
    payload: SubscribePayload,
    { socket, sessions, backlog, clientAddress, gone }: ClientSocket,
  ): Promise<ExecutionArgs | readonly GraphQLError[]> => {
    try {
      if (sessions === undefined) throw new Error('an operation came on a socket that was not acknowledged')
      const own = extensionsWithHeaders.safeParse(payload.extensions).data
      const authorization = own && authorizationIn(own.headers)
      const currentViewer =
        authorization === undefined ? sessions.viewer : sessions.add(await authenticate(authorization))
      const head = `{"id":${JSON.stringify(id)},"type":"next","payload":`
      return await operations.prepare(payload, { currentViewer, clientAddress, gone, backlog }, text =>
        send(socket, `${head}${text}}`),
      )
    } catch (error) {
      return [asGraphQLError(error)]
    }
  }

  const protocol = makeServer<Record<string, unknown>, ClientSocket>({
    connectionInitWaitTimeout: initWithinMs,
    onConnect: async context => {
      const { connectionParams = {}, extra } = context
      // n.b. the token is not needed again, and graphql-ws would keep it as long as the socket
      Reflect.deleteProperty(context, 'connectionParams')
      try {
        const session = await authenticate(authorizationIn(connectionParams))
        extra.sessions = createSocketSessions(extra.socket, sessionWatch, session)
        return true
      } catch (error) {
        closeSocket(extra.socket, isUnauthenticated(error) ? closings.unauthorized : closings.tryAgainLater)
        return false
      }
    },
    onSubscribe: ({ extra, subscriptions }, id, payload) => {
      if (Object.keys(subscriptions).length > maxOperationsPerSocket)
        return [gatewayError('TOO_MANY_OPERATIONS', tooMany)]
      if (extra.countBegun() > maxOperationsPerSecond) return [gatewayError('TOO_MANY_OPERATIONS', tooFast)]
      return runInSpan(spanOf(payload), () => prepare(id, payload, extra))
    },
    execute: operations.run,
    subscribe: operations.run,
    onError: (_context, _id, payload, errors) =>
      runInSpan(spanOf(payload), () =>
        errors.flatMap(error => {
          const { originalError } = asGraphQLError(error)
          return originalError instanceof OperationRefused ? originalError.errors : formatAny(format, error)
        }),
      ),
  })

  /** Answers a ping; the token in it replaces the socket's own. */
  const pong = async (
    { socket, sessions }: ClientSocket,
    payload: PingMessage['payload'],
  ): Promise<PingMessage['payload']> => {
    // n.b. the payload goes back as JSON, and to write that is recursive
    if (isNestedTooDeep(payload)) {
      closeSocket(socket, closings.nestedTooDeep)
      return undefined
    }
    const authorization = authorizationIn(payload ?? {})
    if (authorization === undefined) return payload ?? undefined
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

  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxPayloadBytes,
    handleProtocols,
  })
  const keepAlive = startKeepAlive()
  const accepting = acceptSockets(server, sockets, admission, (socket, clientAddress, stream) => {
    const gone = new AbortController()
    socket.once('close', () => gone.abort(new Error('the client has gone')))
    const backlog = createBacklog(maxBacklogBytes)
    const network = networkOf(clientAddress ?? '')
    const countBegun = createRate()
    const connection: ClientSocket = { socket, clientAddress, backlog, gone: gone.signal, countBegun }
    connect(protocol, connection, {
      pong: payload => pong(connection, payload),
      inTurn: task => queue.begin(network, () => writeTogether(stream, task)),
      onError: error => logger.error({ err: error }, 'a socket failed'),
    })
    keepAlive.add(socket)
  })

  return {
    stop: async () => {
      for (const socket of sockets.clients) socket.close(closings.goingAway.code, closings.goingAway.reason)
      const timer = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate()
      }, closeWithinMs)
      await new Promise(resolve => sockets.close(resolve))
      clearTimeout(timer)
      keepAlive.stop()
      await accepting.stop()
    },
  }
}

const spans = new WeakMap<SubscribePayload, string>()

/** Lets all that a task sends at once go out in one write: two thousand refusals are as many system calls else. */
const writeTogether = (stream: Duplex, task: () => void): void => {
  stream.cork()
  setImmediate(() => stream.uncork())
  task()
}

/** The span in which an operation is prepared, run and refused. */
const spanOf = (payload: SubscribePayload): string => {
  const span = spans.get(payload) ?? beginSpan(payload.extensions?.[traceHeader])
  spans.set(payload, span)
  return span
}

const authorizationIn = (values: z.output<typeof headers>): string | undefined => {
  const [, value] = Object.entries(values).find(([name]) => name.toLowerCase() === 'authorization') ?? []
  if (value === undefined || value === null) return undefined
  // n.b. a value that is not text is a bad token, not an absent one
  return typeof value === 'string' ? value : ''
}

const asGraphQLError = (error: unknown): GraphQLError =>
  error instanceof GraphQLError
    ? error
    : new GraphQLError('Internal server error', { originalError: error instanceof Error ? error : undefined })
