import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerWithApollo } from '@supergraph/runtime/apollo-http.ts'
import { originOf, sendGraphQLError, sendJson, startHttp } from '@supergraph/runtime/http.ts'
import { createIdentitySigner } from '@supergraph/runtime/identity.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger, type Logger } from '@supergraph/runtime/logger.ts'
import { GraphQLError } from 'graphql'
import { createAuthenticate } from './access-token.ts'
import { createRunOperation, startApollo } from './apollo.ts'
import { createCors } from './cors.ts'
import type { Environment } from './environment.ts'
import { createErrorFormatter } from './errors.ts'
import { createGraphiql } from './explorers.ts'
import { createSocketOperations } from './socket-operations.ts'
import { serveSockets } from './sockets.ts'
import { createSubgraphSource } from './subgraph-source.ts'
import { createPrepareSubscription } from './subscriptions/subscribe.ts'
import { createUpstream } from './subscriptions/upstream.ts'
import { loadSupergraph } from './supergraph.ts'

const maxBodyBytes = 256 * 1024
const supergraphFile = new URL('../schema/supergraph.graphql', import.meta.url)

/** Starts the gateway on the composed supergraph, or on the one given; every door is on `url`'s host and port. */
export const startGateway = (
  environment: Environment,
  { supergraphSdl = readFileSync(supergraphFile, 'utf8') }: { readonly supergraphSdl?: string } = {},
): Promise<Running & { readonly url: string; readonly port: number }> =>
  startAll(async use => {
    const { SUBGRAPH_TIMEOUT_MS: timeoutMs, JWKS_URL, HOST, PORT } = environment
    const explorable = environment.NODE_ENV !== 'production'
    const logger = createLogger('gateway', environment.LOG_LEVEL)
    const format = createErrorFormatter(logger)
    const supergraph = loadSupergraph(supergraphSdl)

    const signer = createIdentitySigner('gateway', environment.IDENTITY_KEY)
    const subgraphs = supergraph.subgraphs.map(({ name, url }) => ({
      service: name,
      url: urlsIn(environment)[name] ?? url,
      timeoutMs,
      signer,
      logger,
    }))
    const sources = new Map(
      subgraphs.map(subgraph => [subgraph.service, use(createSubgraphSource(subgraph))]),
    )
    const upstreams = new Map(subgraphs.map(subgraph => [subgraph.service, use(createUpstream(subgraph))]))

    const apollo = use(await startApollo({ supergraphSdl, sources, explorable, format, logger }))
    const authenticate = createAuthenticate({ jwksUrl: JWKS_URL, timeoutMs, logger })
    const cors = createCors(environment.CORS_ORIGINS)
    const graphiql = explorable ? createGraphiql() : undefined

    const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const path = (request.url ?? '/').split('?')[0]
      if (path === '/health') return sendJson(response, 200, { status: 'ok' })
      if (path === '/graphql') {
        if (cors.answer(request, response)) return
        return answerWithApollo(apollo, request, response, {
          maxBodyBytes,
          context: () =>
            authenticate(request.headers.authorization).catch((error: unknown) => {
              if (error instanceof GraphQLError && error.extensions.code === 'UNAUTHENTICATED') {
                response.setHeader('www-authenticate', 'Bearer')
              }
              throw error
            }),
        })
      }
      if (path === '/graphiql' && graphiql !== undefined) return graphiql(response)
      if (path === '/' && explorable) response.writeHead(302, { location: '/graphql' }).end()
      else sendJson(response, 404, { status: 'not found' })
    }

    const http = use(await startHttp(orInternalError(answer, logger), { host: HOST, port: PORT }))
    const prepareSubscription = createPrepareSubscription({
      supergraph,
      sources,
      upstreams,
      cache: apollo.cache,
      format,
      logger,
    })
    const operations = createSocketOperations({
      schema: supergraph.schema,
      runOperation: createRunOperation(apollo),
      prepareSubscription,
      format,
    })
    use(serveSockets({ server: http.server, authenticate, mayConnect: cors.mayConnect, operations, format }))

    const url = `${originOf(HOST, http.port)}/graphql`
    logger.info({ url }, 'gateway listens')
    return { url, port: http.port }
  })

const urlsIn = (environment: Environment): Readonly<Record<string, string | undefined>> => ({
  users: environment.USERS_URL,
  products: environment.PRODUCTS_URL,
  orders: environment.ORDERS_URL,
  notifications: environment.NOTIFICATIONS_URL,
})

const orInternalError =
  (answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>, logger: Logger) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, response).catch((error: unknown) => {
      if (response.destroyed) return
      logger.error({ err: error }, 'a request failed')
      if (response.headersSent) response.destroy()
      else sendGraphQLError(response, 500, 'INTERNAL_SERVER_ERROR', 'Internal server error')
    })
  }
