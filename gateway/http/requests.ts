import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Health } from '@supergraph/runtime/health.ts'
import type { HostRule } from '@supergraph/runtime/hosts.ts'
import { failRequest, sendGraphQLError, sendJson } from '@supergraph/runtime/http.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { readTarget } from '@supergraph/runtime/request-target.ts'
import { inRequestSpan } from '@supergraph/telemetry/requests.ts'
import { type FormatError, formatAny, statusOf } from '../errors.ts'
import type { ClientAddress } from './client-address.ts'
import type { Cors } from './cors.ts'
import { wantsPage } from './door.ts'
import { type EventSource, wantsEvents } from './event-source.ts'
import type { Explorers } from './explorers.ts'
import type { OperationRequests } from './operation-requests.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

/** Answers HTTP requests: operations at `/graphql`, its health, and, with `explorers`, pages for people. */
export const createRequestHandler = ({
  operations,
  eventSource,
  clientAddress,
  cors,
  hostRule,
  explorers,
  health,
  format,
  logger,
}: {
  readonly operations: OperationRequests
  readonly eventSource: Pick<EventSource, 'answer'>
  readonly clientAddress: ClientAddress
  readonly cors: Cors
  readonly hostRule: HostRule
  readonly explorers: Explorers | undefined
  readonly health: Pick<Health, 'at'>
  readonly format: FormatError
  readonly logger: Logger
}) => {
  const answerOperation: Answer = async (request, response) => {
    // n.b. read before anything is awaited: a connection that is gone has no address
    const address = clientAddress(request)
    const asEvents = wantsEvents(request)
    if (request.method === 'POST' && !asEvents) return operations.answerPost(request, response, address)
    cors.allow(request, response)
    if (cors.answerPreflight(request, response)) return
    if (explorers !== undefined && wantsPage(request)) {
      response.appendHeader('vary', 'Accept')
      return explorers.sendAtEndpoint(request, response)
    }
    if (!takes(['GET', 'HEAD', 'POST', 'OPTIONS'], request, response)) return
    if (asEvents) await eventSource.answer(request, response, address)
    else await operations.answerGet(request, response, address)
  }

  const pageAt = async (path: string): Promise<Answer | undefined> => {
    const healthAnswer = health.at(path)
    if (healthAnswer !== undefined)
      return async (request, response) => void (await healthAnswer(request, response))
    return explorers?.at(path)
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const target = readTarget(request)
    const refusal = hostRule(target)
    if (refusal !== undefined) return sendGraphQLError(response, 421, 'BAD_REQUEST', refusal)
    if (target.path === '/graphql') return answerOperation(request, response)
    const page = await pageAt(target.path)
    if (page === undefined)
      return sendGraphQLError(response, 404, 'BAD_REQUEST', 'There is nothing here: GraphQL is at /graphql.')
    if (takes(['GET', 'HEAD', 'OPTIONS'], request, response)) await page(request, response)
  }

  return (request: IncomingMessage, response: ServerResponse): void => {
    const failed = (error: unknown): void => {
      if (response.destroyed) return
      const status = response.headersSent ? undefined : statusOf(error)
      if (!response.headersSent) cors.allow(request, response)
      if (status === undefined) failRequest(response, error, logger)
      else sendJson(response, status, { errors: [formatAny(format, error)] })
    }
    void inRequestSpan('gateway', request, response, () => answer(request, response).catch(failed))
  }
}

/** Whether a request comes by one of these methods, and is no question for them; otherwise it is answered here. */
const takes = (
  methods: readonly string[],
  { method = 'GET' }: IncomingMessage,
  response: ServerResponse,
): boolean => {
  if (methods.includes(method) && method !== 'OPTIONS') return true
  response.setHeader('allow', methods.join(', '))
  if (method === 'OPTIONS') response.writeHead(204).end()
  else sendGraphQLError(response, 405, 'BAD_REQUEST', `${method} is not taken: send ${methods.join(', ')}.`)
  return false
}
