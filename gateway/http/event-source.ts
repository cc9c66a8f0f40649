import type { IncomingMessage, ServerResponse } from 'node:http'
import { refuseBody, sendGraphQLError, whenGone } from '@supergraph/runtime/http.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { networkOf } from '@supergraph/runtime/network.ts'
import { BadRequest } from '@supergraph/runtime/request-body.ts'
import { GraphQLError } from 'graphql'
import Negotiator from 'negotiator'
import { closeInTurns } from '../close-in-turns.ts'
import type { FormatError } from '../errors.ts'
import type { ClientQueue } from '../execution/client-queue.ts'
import type { CheckLarge } from '../execution/large-requests.ts'
import type { Live } from '../live.ts'
import type { NamedClientIn } from '../named-clients.ts'
import { retryAfterSeconds } from '../overload/shedding.ts'
import type { Authenticate, TokenSession } from '../sessions/access-token.ts'
import type { SessionWatch } from '../sessions/session-watch.ts'
import { Backlog, maxBacklogBytes } from '../subscriptions/backlog.ts'
import type { StreamedOperations } from '../subscriptions/streamed-operations.ts'
import { answerTypes } from './answer-type.ts'
import { deviceOf } from './client-device.ts'
import { readOperation } from './event-source-request.ts'
import { createOperationStream, type OperationStream } from './operation-stream.ts'

/** Answers operations with server-sent events. */
export type EventSource = ReturnType<typeof createEventSource>

const eventTypes = ['text/event-stream', 'text/event-stream; charset=utf-8']

/**
 * Answers operations with server-sent events, as the protocol "GraphQL over Server-Sent Events" has it in its distinct
 * connections mode. What is wrong with the request is refused with a status; what is wrong with the operation comes as an
 * event. A client address has at most `streamsPerAddress` answers under way. `stop` breaks all of them off, one after the other.
 */
export const createEventSource = ({
  prepare,
  authenticate,
  sessionWatch,
  queue,
  checkLarge,
  mayConnect,
  streamsPerAddress,
  live,
  clientIn,
  format,
}: {
  readonly prepare: StreamedOperations
  readonly authenticate: Authenticate
  readonly sessionWatch: Pick<SessionWatch, 'watch' | 'unwatch'>
  readonly queue: Pick<ClientQueue, 'run'>
  readonly checkLarge: CheckLarge
  readonly mayConnect: (request: IncomingMessage) => boolean
  readonly streamsPerAddress: number
  readonly live: Live
  readonly clientIn: NamedClientIn
  readonly format: FormatError
}) => {
  const streams = new Set<OperationStream>()
  const openBy = new Map<string, number>()

  /** Counts an answer of a client until it is over; false if the client has too many. */
  const count = (response: ServerResponse, address: string): boolean => {
    const open = openBy.get(address) ?? 0
    if (open >= streamsPerAddress) return false
    openBy.set(address, open + 1)
    live.streams += 1
    response.once('close', () => {
      live.streams -= 1
      const left = (openBy.get(address) ?? 1) - 1
      if (left > 0) openBy.set(address, left)
      else openBy.delete(address)
    })
    return true
  }

  const stream = async (
    request: IncomingMessage,
    response: ServerResponse,
    session: TokenSession,
    clientAddress: string | undefined,
  ): Promise<void> => {
    const payload = await readOperation(request, body => checkLarge(body, clientAddress))
    const answer = createOperationStream(response, session, sessionWatch, format)
    streams.add(answer)
    response.once('close', () => streams.delete(answer))
    const caller = {
      session: answer,
      clientAddress,
      clientDevice: deviceOf(request.headers['user-agent']),
      client: clientIn(request.headers),
      gone: whenGone(response),
      backlog: new Backlog(maxBacklogBytes),
    }
    await queue.run({ clientAddress }, () => undefined)
    const lastEventId = request.headers['last-event-id']?.toString()
    const operation = await prepare(payload, caller, lastEventId).catch((error: unknown) => [error])
    if (response.destroyed) return
    if ('kind' in operation && operation.kind === 'mutation' && request.method === 'GET') {
      response.setHeader('allow', 'POST')
      return sendGraphQLError(response, 405, 'BAD_REQUEST', 'Send a mutation by POST.')
    }
    await answer.run(operation)
  }

  const answer = async (
    request: IncomingMessage,
    response: ServerResponse,
    clientAddress: string | undefined,
  ): Promise<void> => {
    const { method, headers } = request
    if (method === 'HEAD') return sendGraphQLError(response, 405, 'BAD_REQUEST', 'Send GET or POST.')
    if (!mayConnect(request))
      return sendGraphQLError(response, 403, 'FORBIDDEN', originRefused(headers.origin))
    const session = await authenticate(headers.authorization)
    // n.b. a client has all addresses of its IPv6 network
    if (!count(response, networkOf(clientAddress ?? '')))
      return sendGraphQLError(response, 429, 'TOO_MANY_OPERATIONS', tooMany(streamsPerAddress))
    await stream(request, response, session, clientAddress)
  }

  const running: Running = {
    stop: async () => {
      await closeInTurns(streams, ({ breakOff }) => breakOff())
    },
  }
  return {
    ...running,
    /** Answers a request of a client at this address. */
    answer: (request: IncomingMessage, response: ServerResponse, clientAddress: string | undefined) =>
      answer(request, response, clientAddress).catch((error: unknown) => refuse(request, response, error)),
  }
}

/** Whether a client wants server-sent events rather than an answer as JSON. */
export const wantsEvents = ({ headers: { accept } }: IncomingMessage): boolean => {
  if (!accept?.includes('text/event-stream')) return false
  const offered = [...answerTypes.map(type => `${type}; charset=utf-8`), ...eventTypes]
  const wanted = new Negotiator({ headers: { accept } }).mediaType(offered)
  return wanted !== undefined && eventTypes.includes(wanted)
}

/** n.b. what else may be thrown is for the handler of all requests. */
const refuse = (request: IncomingMessage, response: ServerResponse, error: unknown): void => {
  const code = error instanceof GraphQLError ? error.extensions.code : undefined
  if (error instanceof BadRequest) refuseBody(request, response, error.status, error.message)
  else if (error instanceof GraphQLError && code === 'UNAUTHENTICATED') {
    response.setHeader('www-authenticate', 'Bearer')
    sendGraphQLError(response, 401, code, error.message)
  } else if (error instanceof GraphQLError && code === 'SERVICE_UNAVAILABLE') {
    response.setHeader('retry-after', String(retryAfterSeconds))
    sendGraphQLError(response, 503, code, error.message)
  } else throw error
}

const tooMany = (allowed: number) =>
  `This address has ${allowed} streams open, as many as it may: close one, or send several operations over one WebSocket.`

const originRefused = (origin: string | undefined) =>
  `Pages of ${origin} may not use this API: add the origin to CORS_ORIGINS.`
