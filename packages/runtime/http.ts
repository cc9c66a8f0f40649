import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Connections, createConnections } from './connections.ts'
import { cutWhileAway, withRequestFaults } from './faults/door.ts'
import type { Running } from './lifecycle.ts'
import { listen } from './listening.ts'
import type { Logger } from './logger.ts'
import { currentTraceId } from './trace-context.ts'

/** How long a client may take; a connection that takes longer is closed. */
const clientLimits = {
  /** From the connection, or the first byte of a request, to the end of its head. */
  headWithinMs: 15_000,
  /** To the end of its body: 256 KiB in this time are 9 KB a second. */
  requestWithinMs: 30_000,
  /** From the last byte that the server writes to the last one that the client reads. */
  readWithinMs: 60_000,
  /** Without a request on an open connection; longer than the 60 s that balancers keep theirs. */
  keepAliveMs: 75_000,
} as const satisfies Record<string, number>

const checkEveryMs = 1_000
const graceMs = 2_000
/** An order may be answered after 3 s. */
const answeredWithinMs = 4_000

/**
 * Starts an HTTP server; `stop` takes no new requests, gives those in flight 4 s, then closes. The faults that people set for
 * a service happen to the server that names it.
 */
export const startHttp = async (
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  {
    host,
    port,
    portSetting,
    sockets,
    service,
    ...limits
  }: {
    readonly host: string
    readonly port: number
    readonly portSetting?: string
    /** How many sockets listen, for a server whose clients come by the hundred. */
    readonly sockets?: number
    readonly service?: string
  } & Partial<Record<keyof typeof clientLimits, number>>,
): Promise<Running & { readonly server: Server; readonly port: number }> => {
  const { headWithinMs, requestWithinMs, readWithinMs, keepAliveMs } = { ...clientLimits, ...limits }
  const connections = createConnections(readWithinMs, checkEveryMs)
  const take = service === undefined ? handle : withRequestFaults(service, handle)
  const server: Server = createServer(
    {
      headersTimeout: headWithinMs,
      requestTimeout: requestWithinMs,
      keepAliveTimeout: keepAliveMs,
      connectionsCheckingInterval: checkEveryMs,
      // n.b. Java's client offers h2c with each request, which is then a request like any other. One listener is ours.
      shouldUpgradeCallback: ({ headers }) =>
        server.listenerCount('upgrade') > 1 && headers.upgrade?.toLowerCase() === 'websocket',
    },
    (request, response) => {
      connections.answering(response, request.socket)
      take(request, response)
    },
  )
  server.on('connection', connections.opened)
  const endCutting = service === undefined ? undefined : cutWhileAway(service, server)
  server.on('upgrade', ({ socket }: IncomingMessage) => connections.handOver(socket))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuseClient(error, socket, connections))
  const listening = await listen(server, { host, port, portSetting, sockets }).catch((error: unknown) => {
    connections.cutOff()
    throw error
  })
  return {
    server,
    port: listening.port,
    stop: async () => {
      connections.close()
      const timer = setTimeout(connections.cutOff, answeredWithinMs)
      await listening.stop()
      clearTimeout(timer)
      endCutting?.()
      connections.cutOff()
    },
  }
}

/** Why Node gives a connection up, and what its client is told. */
const clientErrors: Readonly<Record<string, readonly [status: number, message: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request took too long to arrive: send it again.'],
  HPE_HEADER_OVERFLOW: [
    431,
    'The URL and the headers are larger than 16 KiB: send the operation as the body of a POST.',
  ],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'The extensions of the chunks are larger than 16 KiB.'],
}

const refuseClient = (error: NodeJS.ErrnoException, connection: Duplex, connections: Connections): void => {
  // n.b. browsers open connections in advance: an answer that they did not ask for would be that of their next request
  const canTell =
    connection instanceof Socket && connection.bytesRead > 0 && !connections.hasBegunToAnswer(connection)
  if (!canTell) return void connection.destroy()
  const [status, message] = clientErrors[error.code ?? ''] ?? [400, 'The request is not valid HTTP.']
  refuseConnection(connection, status, message)
}

/** Answers with one error on a bare connection, such as one that asks for an upgrade, and closes it. */
export const refuseConnection = (connection: Duplex, status: number, message: string): void => {
  if (!connection.writable) return void connection.destroy()
  const body = JSON.stringify(graphqlError(status, 'BAD_REQUEST', message))
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'connection: close',
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  connection.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => connection.destroy())
}

/** Aborts when the connection of a request closes before the response was sent. */
export const whenGone = (response: ServerResponse): AbortSignal => {
  const gone = new AbortController()
  response.on('close', () => {
    if (!response.writableFinished) gone.abort(new Error('the client has gone'))
  })
  return gone.signal
}

/** Logs why a request failed, and answers it if that is still possible; of a client that has gone nothing is logged. */
export const failRequest = (response: ServerResponse, error: unknown, logger: Logger): void => {
  if (response.destroyed) return
  logger.error({ err: error }, 'a request failed')
  if (response.headersSent) response.destroy()
  else sendGraphQLError(response, 500, 'INTERNAL_SERVER_ERROR', 'Internal server error')
}

/** The origin of an address, with the brackets that IPv6 needs. */
export const originOf = (host: string, port: number): string =>
  `http://${host.includes(':') ? `[${host}]` : host}:${port}`

/** Answers with JSON. */
export const sendJson = (response: ServerResponse, status: number, body: unknown): void => {
  const text = JSON.stringify(body)
  response.writeHead(status, jsonHeaders(text)).end(text)
}

const jsonHeaders = (text: string) => ({
  'content-type': 'application/json; charset=utf-8',
  'content-length': Buffer.byteLength(text),
})

/** A GraphQL response that holds nothing but one error, with the id of the trace under way. */
export const sendGraphQLError = (
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
): void => sendJson(response, status, graphqlError(status, code, message))

/** Refuses a request for its body, as `sendJsonEarly` does. */
export const refuseBody = (
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  message: string,
): void => sendJsonEarly(request, response, status, graphqlError(status, 'BAD_REQUEST', message))

/**
 * Answers with JSON, whether the body of the request has been read or not. If the client is still sending, what comes is
 * dropped for up to 2 s before the connection closes: a connection that is closed while a client sends is reset, and the
 * client would not see the answer.
 */
export const sendJsonEarly = (
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: unknown,
): void => {
  if (request.complete) return void sendJson(response, status, body)
  const text = JSON.stringify(body)
  const headers = { ...jsonHeaders(text), connection: 'close' }
  response.writeHead(status, headers).write(text)
  const timer = setTimeout(() => response.end(), graceMs)
  request.once('close', () => {
    clearTimeout(timer)
    response.end()
  })
  request.resume()
}

// n.b. these are the statuses of what may be sent again as it is
const retryableStatuses: ReadonlySet<number> = new Set([408, 429, 503])

const graphqlError = (status: number, code: string, message: string) => ({
  errors: [
    {
      message,
      extensions: { code, traceId: currentTraceId(), retryable: retryableStatuses.has(status) },
    },
  ],
})
