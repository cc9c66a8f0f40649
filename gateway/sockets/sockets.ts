import type { Server } from 'node:http'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import type { SocketOperation } from '@supergraph/runtime/socket-protocol.ts'
import { beginSpan, runInSpan, traceHeader } from '@supergraph/runtime/trace-context.ts'
import { fixAttributes } from '@supergraph/telemetry/attributes.ts'
import { clientNamesIn, tellClient } from '@supergraph/telemetry/client.ts'
import { activeSpan, startTrace } from '@supergraph/telemetry/spans.ts'
import { handleProtocols, type PingMessage, type SubscribePayload } from 'graphql-ws'
import { WebSocketServer } from 'ws'
import { z } from 'zod'
import { closeInTurns } from '../close-in-turns.ts'
import { type FormatError, formatAny, gatewayError } from '../errors.ts'
import type { ClientQueue } from '../execution/client-queue.ts'
import { isNestedTooDeep } from '../limits/nesting.ts'
import type { Live } from '../live.ts'
import type { NamedClientIn } from '../named-clients.ts'
import type { Authenticate } from '../sessions/access-token.ts'
import type { SessionWatch } from '../sessions/session-watch.ts'
import { Departure, type Gone } from '../subgraphs/departure.ts'
import type { StreamedOperations } from '../subscriptions/streamed-operations.ts'
import { type Admission, acceptSockets } from './accept.ts'
import { closeSocket, closeWithinMs, closings } from './closings.ts'
import { type Client, ClientWebSocket, createClients } from './connection.ts'
import { startKeepAlive } from './keep-alive.ts'
import { Rates } from './rates.ts'
import { SocketSessions } from './sessions.ts'

const maxOperationsPerSocket = 100
const tooMany = `A socket carries at most ${maxOperationsPerSocket} operations at a time: complete one, or open another socket.`
const maxOperationsPerSecond = 200
const tooFast = `A socket may begin ${maxOperationsPerSecond} operations a second: wait, or ask for several things in one operation.`
const maxPayloadBytes = 256 * 1024

const operationSpan = {
  name: 'operation',
  kind: 'server',
  service: 'gateway',
  fixed: fixAttributes({ 'supergraph.transport': 'websocket' }),
} as const

const headers = z.record(z.string(), z.unknown())
const extensionsWithHeaders = z.object({ headers })

/**
 * Serves graphql-transport-ws at `/graphql`. The token comes in the payload of `connection_init` as `authorization`, and
 * the payload of a `ping` renews it; an operation may bring another token as `extensions.headers.authorization`, the
 * place that GraphiQL gives it. A socket closes when one of its sessions is over; `stop` closes all sockets with 1001, one after
 * the other, those last that wait for an answer.
 */
export const serveSockets = ({
  server,
  authenticate,
  sessionWatch,
  admission,
  prepare,
  queue,
  live,
  clientIn,
  format,
  logger,
}: {
  readonly server: Server
  readonly authenticate: Authenticate
  readonly sessionWatch: SessionWatch
  readonly admission: Admission
  readonly prepare: StreamedOperations
  readonly queue: Pick<ClientQueue, 'begin'>
  readonly live: Live
  readonly clientIn: NamedClientIn
  readonly format: FormatError
  readonly logger: Logger
}): Running => {
  const isUnauthenticated = (error: unknown) =>
    formatAny(format, error).extensions?.code === 'UNAUTHENTICATED'

  const admit = async (client: Client, parameters: Readonly<Record<string, unknown>>): Promise<boolean> => {
    const { socket } = client
    try {
      // n.b. tokens are long, and this one is most likely not needed again
      const session = await authenticate(authorizationIn(parameters), { isKept: false })
      client.names = clientNamesIn(parameters)
      client.sessions = new SocketSessions(socket, sessionWatch, session)
      client.client = clientIn(parameters)
      return true
    } catch (error) {
      closeSocket(socket, isUnauthenticated(error) ? closings.unauthorized : closings.tryAgainLater)
      return false
    }
  }

  const prepareFor = async (
    { sessions, backlog, clientAddress, clientDevice, client }: Client,
    payload: SubscribePayload,
    gone: Gone,
  ) => {
    if (sessions === undefined) throw new Error('an operation came on a socket that was not acknowledged')
    const own = extensionsWithHeaders.safeParse(payload.extensions).data
    const authorization = own && authorizationIn(own.headers)
    const session =
      authorization === undefined ? sessions.own : sessions.add(await authenticate(authorization))
    return prepare(payload, { session, clientAddress, clientDevice, client, gone, backlog })
  }

  const refuse = (operation: SocketOperation<Client>, errors: readonly unknown[]): void => {
    operation.end(errors.map(error => formatAny(format, error)))
    activeSpan()?.end()
  }

  const start = async (operation: SocketOperation<Client>, payload: SubscribePayload): Promise<void> => {
    const gone = new Departure()
    const stop = () => gone.leave()
    operation.runs({ stop })
    try {
      const prepared = await prepareFor(operation.client, payload, gone)
      if (operation.isOver) return tellGone()
      if (!('start' in prepared)) return refuse(operation, prepared)
      const running = prepared.start(operation)
      operation.runs(
        prepared.kind === 'subscription'
          ? running
          : { stop: () => [stop(), running.stop()], isAwaited: true },
      )
    } catch (error) {
      refuse(operation, [error])
    }
  }

  // n.b. operations that end at once are never many at a time, and their answers take megabytes
  const begun = new Rates<Client>()
  const begin = (operation: SocketOperation<Client>, payload: SubscribePayload): void => {
    const { client } = operation
    const { connection, names } = client
    const refuseTooMany = (why: string) => refuse(operation, [gatewayError('TOO_MANY_OPERATIONS', why)])
    const parent = payload.extensions?.[traceHeader]
    const span = startTrace(parent, operationSpan)
    if (span !== undefined) tellClient(span, names)
    runInSpan(span ?? beginSpan(parent), () => {
      if (connection.operationCount > maxOperationsPerSocket) return refuseTooMany(tooMany)
      if (begun.count(client) > maxOperationsPerSecond) return refuseTooMany(tooFast)
      void start(operation, payload)
    })
  }

  /** Answers a ping; the token in it replaces the socket's own. */
  const pong = async (client: Client, payload: PingMessage['payload']): Promise<PingMessage['payload']> => {
    const { socket } = client
    // n.b. the payload goes back as JSON, and to write that is recursive
    if (isNestedTooDeep(payload)) {
      closeSocket(socket, closings.nestedTooDeep)
      return undefined
    }
    const authorization = authorizationIn(payload ?? {})
    if (authorization === undefined) return payload ?? undefined
    try {
      const session = await authenticate(authorization)
      // n.b. read after the wait: the connection may have been acknowledged meanwhile
      const { sessions } = client
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
    WebSocket: ClientWebSocket,
    // n.b. measured: the server's own list of sockets takes 140 bytes of each
    clientTracking: false,
  })
  const keepAlive = startKeepAlive<ClientWebSocket>()
  const serve = createClients({
    admit,
    pong,
    begin,
    inTurn: ({ network, stream }, task) => queue.begin(network, () => writeTogether(stream, task)),
    onError: error => logger.error({ err: error }, 'a socket failed'),
  })
  const accepting = acceptSockets(
    server,
    sockets,
    { ...admission, live },
    {
      open: (socket, origin, stream) => {
        serve(socket, stream, origin)
        keepAlive.add(socket)
      },
      closed: socket => {
        keepAlive.delete(socket)
        socket.client?.closed()
      },
    },
  )

  return {
    stop: async () => {
      const { code, reason } = closings.goingAway
      await closeInTurns(
        keepAlive.sockets(),
        socket => socket.close(code, reason),
        ({ client }) => client?.connection.isAwaited === true,
      )
      sockets.close()
      const timer = setTimeout(() => {
        for (const socket of keepAlive.sockets()) socket.terminate()
      }, closeWithinMs)
      await Promise.all(
        keepAlive.sockets().map(socket => new Promise(resolve => socket.once('close', resolve))),
      )
      clearTimeout(timer)
      keepAlive.stop()
      await accepting.stop()
    },
  }
}

const tellGone = (): void => {
  const span = activeSpan()
  span?.set('supergraph.client_gone', true)
  span?.end()
}

/** Lets all that a task sends at once go out in one write: two thousand refusals are as many system calls else. */
const writeTogether = (stream: Client['stream'], task: () => void): void => {
  stream.cork()
  setImmediate(() => stream.uncork())
  task()
}

const authorizationIn = (values: z.output<typeof headers>): string | undefined => {
  const [, value] = Object.entries(values).find(([name]) => name.toLowerCase() === 'authorization') ?? []
  if (value === undefined || value === null) return undefined
  // n.b. a value that is not text is a bad token, not an absent one
  return typeof value === 'string' ? value : ''
}
