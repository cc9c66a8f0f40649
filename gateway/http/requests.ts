import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ApolloServer, HTTPGraphQLRequest } from '@apollo/server'
import { answerWithApollo } from '@supergraph/runtime/apollo-http.ts'
import { sendGraphQLError, sendJson } from '@supergraph/runtime/http.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { runInTrace, traceHeader } from '@supergraph/runtime/trace-context.ts'
import { GraphQLError } from 'graphql'
import { z } from 'zod'
import type { Documents } from '../limits/documents.ts'
import type { Authenticate } from '../sessions/access-token.ts'
import type { OperationContext } from '../subgraphs/call.ts'
import type { ClientAddress } from './client-address.ts'
import type { Cors } from './cors.ts'
import { createGraphiql } from './explorers.ts'

const maxBodyBytes = 256 * 1024

/** Answers HTTP requests: operations at `/graphql`, `/health`, and, with `explorable`, pages to explore the API. */
export const createRequestHandler = ({
  apollo,
  documents,
  authenticate,
  clientAddress,
  cors,
  explorable,
  logger,
}: {
  readonly apollo: ApolloServer<OperationContext>
  readonly documents: Documents
  readonly authenticate: Authenticate
  readonly clientAddress: ClientAddress
  readonly cors: Cors
  readonly explorable: boolean
  readonly logger: Logger
}) => {
  const graphiql = explorable ? createGraphiql() : undefined

  const answerOperation = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    // n.b. read before anything is awaited: a connection that is gone has no address
    const address = clientAddress(request)
    if (cors.answer(request, response)) return
    const context = async (sent: HTTPGraphQLRequest) => {
      // n.b. a document that is sent as a hash alone was checked when it came in full
      const text = textIn(sent)
      if (text) documents.check(text)
      const { viewer } = await authenticate(request.headers.authorization).catch((error: unknown) => {
        if (isUnauthenticated(error)) response.setHeader('www-authenticate', 'Bearer')
        throw error
      })
      return { viewer, clientAddress: address, gone: whenGone(response) }
    }
    await answerWithApollo(apollo, request, response, { maxBodyBytes, context })
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (request.url ?? '/').split('?')[0]
    if (path === '/health') sendJson(response, 200, { status: 'ok' })
    else if (path === '/graphql') await answerOperation(request, response)
    else if (path === '/graphiql' && graphiql !== undefined) await graphiql(response)
    else if (path === '/' && explorable) response.writeHead(302, { location: '/graphql' }).end()
    else sendJson(response, 404, { status: 'not found' })
  }

  return (request: IncomingMessage, response: ServerResponse): void => {
    runInTrace(request.headers[traceHeader], () => answer(request, response)).catch((error: unknown) => {
      if (response.destroyed) return
      logger.error({ err: error }, 'a request failed')
      if (response.headersSent) response.destroy()
      else sendGraphQLError(response, 500, 'INTERNAL_SERVER_ERROR', 'Internal server error')
    })
  }
}

/** Aborts if the connection closes before the response was sent. */
const whenGone = (response: ServerResponse): AbortSignal => {
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort(new Error('the client has gone'))
  })
  return gone.signal
}

const isUnauthenticated = (error: unknown): boolean =>
  error instanceof GraphQLError && error.extensions.code === 'UNAUTHENTICATED'

const withQuery = z.object({ query: z.string() })

const textIn = ({ method, body, search }: HTTPGraphQLRequest): string | undefined =>
  method === 'GET'
    ? (new URLSearchParams(search).get('query') ?? undefined)
    : withQuery.safeParse(body).data?.query
