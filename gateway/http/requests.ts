import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ApolloServer, HTTPGraphQLRequest } from '@apollo/server'
import { answerWithApollo } from '@supergraph/runtime/apollo-http.ts'
import type { HostRule } from '@supergraph/runtime/hosts.ts'
import { failRequest, sendGraphQLError, sendJson, whenGone } from '@supergraph/runtime/http.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { readTarget } from '@supergraph/runtime/request-target.ts'
import { runInTrace, traceHeader } from '@supergraph/runtime/trace-context.ts'
import { GraphQLError } from 'graphql'
import Negotiator from 'negotiator'
import { z } from 'zod'
import { isTooMany } from '../errors.ts'
import type { WaitForTurn } from '../execution/large-requests.ts'
import type { Documents } from '../limits/documents.ts'
import type { Authenticate } from '../sessions/access-token.ts'
import type { OperationContext } from '../subgraphs/call.ts'
import type { ClientAddress } from './client-address.ts'
import { sendCompressed } from './compression.ts'
import type { Cors } from './cors.ts'
import { createGraphiql } from './graphiql.ts'
import { createLandingPage, wantsPage } from './landing-page.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

const maxBodyBytes = 256 * 1024
const answerTypes = ['application/json', 'application/graphql-response+json']
// n.b. what is accepted in a charset is no type without one
const offeredTypes = answerTypes.map(type => `${type}; charset=utf-8`)

/** Answers HTTP requests: operations at `/graphql`, `/health`, and, with `explorable`, pages to explore the API. */
export const createRequestHandler = ({
  apollo,
  documents,
  waitForTurn,
  authenticate,
  clientAddress,
  cors,
  hostRule,
  explorable,
  logger,
}: {
  readonly apollo: ApolloServer<OperationContext>
  readonly documents: Documents
  readonly waitForTurn: WaitForTurn
  readonly authenticate: Authenticate
  readonly clientAddress: ClientAddress
  readonly cors: Cors
  readonly hostRule: HostRule
  readonly explorable: boolean
  readonly logger: Logger
}) => {
  const explorers = explorable
    ? { sendLandingPage: createLandingPage(), graphiqlAt: createGraphiql() }
    : undefined

  const answerOperation: Answer = async (request, response) => {
    // n.b. read before anything is awaited: a connection that is gone has no address
    const address = clientAddress(request)
    if (cors.answer(request, response)) return
    if (explorers !== undefined && wantsPage(request)) {
      response.appendHeader('vary', 'Accept')
      return explorers.sendLandingPage(request, response)
    }
    if (!takes(['GET', 'HEAD', 'POST', 'OPTIONS'], request, response)) return
    if (!acceptsAnswer(request))
      return sendGraphQLError(response, 406, 'BAD_REQUEST', `Accept ${answerTypes.join(' or ')}.`)
    const context = async (sent: HTTPGraphQLRequest) => {
      // n.b. a document that is sent as a hash alone was checked when it came in full
      const text = textIn(sent)
      if (text) documents.check(text)
      const { viewer } = await authenticate(request.headers.authorization).catch((error: unknown) => {
        if (codeOf(error) === 'UNAUTHENTICATED') response.setHeader('www-authenticate', 'Bearer')
        if (codeOf(error) === 'SERVICE_UNAVAILABLE') response.setHeader('retry-after', '1')
        throw error
      })
      return { viewer, clientAddress: address, gone: whenGone(response) }
    }
    const send = (body: string) => sendCompressed(request, response, body)
    await answerWithApollo(apollo, request, response, {
      maxBodyBytes,
      waitForTurn: bytes => waitForTurn(bytes, address),
      context,
      send,
    })
  }

  const pageAt = async (path: string): Promise<Answer | undefined> => {
    if (path === '/health') return (_, response) => sendJson(response, 200, { status: 'ok' })
    if (path === '/' && explorable)
      return (_, response) => void response.writeHead(302, { location: '/graphql' }).end()
    return explorers?.graphiqlAt(path)
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
    runInTrace(request.headers[traceHeader], () => answer(request, response)).catch((error: unknown) => {
      if (response.destroyed) return
      if (isTooMany(error)) return sendGraphQLError(response, 429, 'TOO_MANY_OPERATIONS', error.message)
      failRequest(response, error, logger)
    })
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

/** n.b. Apollo Server would refuse it only after it has run the operation. */
const acceptsAnswer = ({ headers }: IncomingMessage): boolean =>
  !headers.accept || new Negotiator({ headers }).mediaType(offeredTypes) !== undefined

const codeOf = (error: unknown): unknown =>
  error instanceof GraphQLError ? error.extensions.code : undefined

const withQuery = z.object({ query: z.string() })

const textIn = ({ method, body, search }: HTTPGraphQLRequest): string | undefined =>
  method === 'GET'
    ? (new URLSearchParams(search).get('query') ?? undefined)
    : withQuery.safeParse(body).data?.query
