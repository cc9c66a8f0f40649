import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Transport } from '@supergraph/messaging/transport.ts'
import { answerWithApollo } from '@supergraph/runtime/apollo-http.ts'
import { originOf, sendGraphQLError, sendJson, startHttp } from '@supergraph/runtime/http.ts'
import { createIdentitySigner } from '@supergraph/runtime/identity.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger, type Logger } from '@supergraph/runtime/logger.ts'
import { runInTrace, traceHeader } from '@supergraph/runtime/trace-context.ts'
import { GraphQLError } from 'graphql'
import { createAuthenticate } from './access-token.ts'
import { createRunOperation, startApollo } from './apollo.ts'
import { createClientAddress } from './client-address.ts'
import { createCors } from './cors.ts'
import type { Environment } from './environment.ts'
import { createErrorFormatter } from './errors.ts'
import { createGraphiql } from './explorers.ts'
import { refuseEnded, startSessionWatch } from './sessions/session-watch.ts'
import { createSocketOperations } from './socket-operations.ts'
import { serveSockets } from './sockets.ts'
import { createSubgraphSource } from './subgraph-source.ts'
import { createPrepareSubscription } from './subscriptions/subscribe.ts'
import { createUpstream } from './subscriptions/upstream.ts'
import { loadSupergraph } from './supergraph.ts'

const maxBodyBytes = 256 * 1024
const supergraphFile = new URL('../schema/supergraph.graphql', import.meta.url)

/**
 * Starts the gateway on the composed supergraph, or on the one given; every door is on `url`'s host and port. From the
 * transport it hears which sessions end.
 */
export const startGateway = (
  environment: Environment,
  transport: Pick<Transport, 'listen'>,
  { supergraphSdl = readFileSync(supergraphFile, 'utf8') }: { readonly supergraphSdl?: string } = {},
): Promise<Running & { readonly url: string; readonly port: number }> =>
  startAll(async use => {
    const { SUBGRAPH_TIMEOUT_MS: timeoutMs, JWKS_URL, HOST, PORT } = environment
    const unauthorizedOperations = environment.UNAUTHORIZED_OPERATIONS
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

    const apollo = use(
      await startApollo({ supergraph, sources, unauthorizedOperations, explorable, format, logger }),
    )
    const sessionWatch = use(await startSessionWatch(transport))
    const authenticate = refuseEnded(
      createAuthenticate({ jwksUrl: JWKS_URL, timeoutMs, logger }),
      sessionWatch,
    )
    const clientAddress = createClientAddress(environment.TRUST_PROXY_HOPS)
    const cors = createCors(environment.CORS_ORIGINS)
    const graphiql = explorable ? createGraphiql() : undefined

    const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      // n.b. at once: a connection that is gone has no address any more
      const address = clientAddress(request)
      const path = (request.url ?? '/').split('?')[0]
      if (path === '/health') return sendJson(response, 200, { status: 'ok' })
      if (path === '/graphql') {
        if (cors.answer(request, response)) return
        return answerWithApollo(apollo, request, response, {
          maxBodyBytes,
          context: async () => {
            try {
              const { viewer } = await authenticate(request.headers.authorization)
              return { viewer, clientAddress: address }
            } catch (error) {
              if (error instanceof GraphQLError && error.extensions.code === 'UNAUTHENTICATED') {
                response.setHeader('www-authenticate', 'Bearer')
              }
              throw error
            }
          },
        })
      }
      if (path === '/graphiql' && graphiql !== undefined) return graphiql(response)
      if (path === '/' && explorable) response.writeHead(302, { location: '/graphql' }).end()
      else sendJson(response, 404, { status: 'not found' })
    }

    const answerInTrace = (request: IncomingMessage, response: ServerResponse): Promise<void> =>
      runInTrace(request.headers[traceHeader], () => answer(request, response))
    const http = use(await startHttp(orInternalError(answerInTrace, logger), { host: HOST, port: PORT }))
    const prepareSubscription = createPrepareSubscription({
      supergraph,
      sources,
      upstreams,
      unauthorizedOperations,
      cache: apollo.cache,
      format,
      logger,
    })
    const runOperation = createRunOperation(apollo)
    const operations = createSocketOperations({
      schema: supergraph.schema,
      runOperation: (payload, context) =>
        runInTrace(payload.extensions?.[traceHeader], () => runOperation(payload, context)),
      prepareSubscription,
      format,
    })
    use(
      serveSockets({
        server: http.server,
        authenticate,
        sessionWatch,
        mayConnect: cors.mayConnect,
        clientAddress,
        socketsPerAddress: environment.SOCKETS_PER_ADDRESS,
        operations,
        format,
      }),
    )

    const url = `${originOf(HOST, http.port)}/graphql`
    logger.info({ url }, 'gateway listens')
    return { url, port: http.port }
  })

const urlsIn = (environment: Environment): Readonly<Record<string, string | undefined>> => ({
  users: environment.USERS_URL,
  products: environment.PRODUCTS_URL,
  orders: environment.ORDERS_URL,
  notifications: environment.NOTIFICATIONS_URL,
  analytics: environment.ANALYTICS_URL,
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
