import type { Server } from 'node:http'
import { createCache } from '@supergraph/runtime/cache.ts'
import { bytesOfDocument } from '@supergraph/runtime/documents.ts'
import type { EventOrigin } from '@supergraph/runtime/event-origin.ts'
import { type Identity, InvalidIdentity, type VerifyIdentity } from '@supergraph/runtime/identity.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import {
  SocketConnection,
  type SocketOperation,
  type SocketService,
} from '@supergraph/runtime/socket-protocol.ts'
import {
  currentTraceparent,
  isTraceparent,
  runInTrace,
  traceHeader,
} from '@supergraph/runtime/trace-context.ts'
import { endWith, startTrace } from '@supergraph/telemetry/spans.ts'
import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  parse,
  validate,
} from 'graphql'
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL, handleProtocols, type SubscribePayload } from 'graphql-ws'
import { type WebSocket, WebSocketServer } from 'ws'
import { type SendEvent, type SharedParts, Subscription } from './subscription.ts'

const maxDocumentBytes = 4 * 1024 * 1024
const maxPayloadBytes = 1024 * 1024
const initWithinMs = 3_000
const pingEveryMs = 12_000
const closeWithinMs = 1_000

/**
 * Serves a schema's subscriptions over graphql-transport-ws at `/graphql`. A socket is shared by many viewers, so that each
 * operation carries its identity token as `extensions.identity`. An event whose value has a `traceparent` is executed in that
 * trace; of it, and of the time in the value's `occurredAt`, the gateway is told in `extensions`.
 */
export const serveSubscriptions = <C extends object>({
  service,
  server,
  schema,
  verifyIdentity,
  createContext,
  format,
  logger,
}: {
  readonly service: string
  readonly server: Server
  readonly schema: GraphQLSchema
  readonly verifyIdentity: VerifyIdentity
  /** Called once for each event, so that loaders live as long as one event. */
  readonly createContext: (identity: Identity) => C
  /** Gives the errors of an operation the form in which they leave. */
  readonly format: (errors: readonly GraphQLError[]) => readonly GraphQLFormattedError[]
  readonly logger: Logger
}): Running => {
  const sockets = new WebSocketServer({
    server,
    path: '/graphql',
    maxPayload: maxPayloadBytes,
    handleProtocols,
  })
  const documents = createCache<DocumentNode>({ maxBytes: maxDocumentBytes, sizeOf: bytesOfDocument })

  /** The document of a text, or why it is not valid; subscriptions with equal texts share it. */
  const read = (query: string): DocumentNode | readonly GraphQLError[] => {
    const known = documents.get(query)
    if (known !== undefined) return known
    const document = parse(query)
    const errors = validate(schema, document)
    if (errors.length > 0) return errors
    documents.set(query, document)
    return document
  }

  const eventSpan = { name: 'send event', kind: 'producer', service } as const

  const textOf = ({ errors, ...result }: ExecutionResult, extensions?: EventOrigin): string =>
    JSON.stringify({ ...result, errors: errors && format(errors), extensions })

  /** Executes an event and sends it, in the trace of what has brought the event. */
  const sendEvent: SendEvent = ({ operation, request, identity }, event) => {
    const { [traceHeader]: cause, occurredAt }: Readonly<Record<string, unknown>> = Object(event)
    const occurredAtMs = occurredAt instanceof Date ? occurredAt.getTime() : undefined
    const send = async (isTraced: boolean) => {
      const contextValue = createContext(identity)
      const result = await execute({ schema, ...request, rootValue: event, contextValue })
      const traceparent = isTraced ? currentTraceparent() : undefined
      await operation.next(textOf(result, { traceparent, occurredAtMs }))
    }
    const span = startTrace(cause, eventSpan)
    if (span !== undefined) return endWith(span, () => send(true))
    // n.b. of a trace that nobody has recorded so far, the gateway decides by itself
    return isTraceparent(cause) ? runInTrace(cause, () => send(true)) : send(false)
  }

  const refuse = (operation: SocketOperation<WebSocket>, error: unknown): void =>
    operation.end(format([asGraphQLError(error)]))
  const shared: SharedParts = { sendEvent, refuse }

  const run = async (
    operation: SocketOperation<WebSocket>,
    { query, operationName, variables: variableValues, extensions }: SubscribePayload,
  ): Promise<void> => {
    const token = extensions?.identity
    // n.b. each subscription brings a token of its own
    const identity = await verifyIdentity(typeof token === 'string' ? token : undefined, { isKept: false })
    const document = read(query)
    if (!('kind' in document)) return operation.end(format(document))
    const request = { document, operationName, variableValues }
    const contextValue = createContext(identity)
    const events = await createSourceEventStream({ schema, ...request, contextValue })
    if (Symbol.asyncIterator in events) {
      const iterator = events[Symbol.asyncIterator]()
      const subscription = new Subscription(shared, { operation, events: iterator, request, identity })
      operation.runs(subscription)
      return subscription.goOn()
    }
    await operation.next(textOf(events))
    operation.end()
  }

  const protocol: SocketService<WebSocket> = {
    send: (socket, text) =>
      new Promise(resolve => {
        if (socket.readyState === socket.OPEN) socket.send(text, () => resolve())
        else resolve()
      }),
    close: (socket, code, reason) => socket.close(code, reason),
    admit: async () => true,
    pong: async (_socket, payload) => payload,
    // n.b. a refusal ends the operation, never the socket: many viewers share it
    begin: (operation, payload) => {
      run(operation, payload).catch((error: unknown) => refuse(operation, error))
    },
  }

  sockets.on('error', error => logger.error({ err: error }, 'the server of subscriptions failed'))
  sockets.on('connection', socket => {
    socket.on('error', error => logger.warn({ err: error }, 'a connection for subscriptions failed'))
    if (socket.protocol !== GRAPHQL_TRANSPORT_WS_PROTOCOL)
      return socket.close(CloseCode.SubprotocolNotAcceptable, 'Subprotocol not acceptable')
    const connection = new SocketConnection(protocol, socket, initWithinMs)
    const stopPinging = ping(socket)
    socket.on('message', data => {
      connection.receive(String(data)).catch((error: unknown) => {
        logger.error({ err: error }, 'a message for subscriptions could not be read')
        socket.close(CloseCode.InternalServerError, 'Internal server error')
      })
    })
    socket.on('close', () => {
      stopPinging()
      connection.closed()
    })
  })

  return {
    stop: async () => {
      for (const socket of sockets.clients) socket.close(1001, 'Going away')
      // n.b. ws waits 30 s for a client that does not answer, such as one that is frozen
      const timer = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate()
      }, closeWithinMs)
      await new Promise(resolve => sockets.close(resolve))
      clearTimeout(timer)
    },
  }
}

/** Pings a client, and cuts off one that has not answered by the next time; returns what ends that. */
const ping = (socket: WebSocket): (() => void) => {
  let isAnswered = true
  const timer = setInterval(() => {
    if (!isAnswered) return socket.terminate()
    isAnswered = false
    socket.ping()
  }, pingEveryMs)
  socket.on('pong', () => {
    isAnswered = true
  })
  return () => clearInterval(timer)
}

const asGraphQLError = (error: unknown): GraphQLError => {
  if (error instanceof GraphQLError) return error
  if (error instanceof InvalidIdentity)
    return new GraphQLError(error.message, { extensions: { code: 'UNAUTHENTICATED' } })
  const originalError = error instanceof Error ? error : new Error(String(error))
  return new GraphQLError(originalError.message, { originalError })
}
