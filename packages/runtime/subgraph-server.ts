import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { ApolloServer } from '@apollo/server'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { GraphQLError, type GraphQLFormattedError, parse } from 'graphql'
import { answerWithApollo } from './apollo-http.ts'
import { readDeadline } from './deadline.ts'
import { withoutValues } from './errors.ts'
import { originOf, sendGraphQLError, sendJson, startHttp } from './http.ts'
import { type Identity, InvalidIdentity, type VerifyIdentity } from './identity.ts'
import type { Running } from './lifecycle.ts'
import type { Logger } from './logger.ts'
import { serveSubscriptions } from './subscription-server.ts'
import { runInTrace, traceHeader } from './trace-context.ts'

/** Who asks, and when they stop waiting, in milliseconds since the epoch. */
export type Caller = Identity & { readonly deadlineAtMs: number }

/** What a subgraph is made of; everything else is the same for all of them. */
export type Subgraph<C extends object> = {
  readonly service: string
  readonly host: string
  readonly port: number
  /** The folder's `schema.graphql`. */
  readonly schemaFile: URL
  readonly resolvers: object
  readonly verifyIdentity: VerifyIdentity
  /** Made anew for each request, so that loaders live as long as one. */
  readonly createContext: (caller: Caller) => C
  /** Public documents by path, such as a JWKS. */
  readonly documents?: Readonly<Record<string, () => Promise<unknown>>>
  /** Throws where the service could not answer now. */
  readonly checkHealth: () => Promise<unknown>
  readonly logger: Logger
}

const maxBodyBytes = 8 * 1024 * 1024

/**
 * Serves a subgraph: `/graphql` over HTTP and, for its subscriptions, WebSocket, both for holders of an identity token
 * alone (401 before any resolver runs); `/health` for everyone.
 */
export const startSubgraphServer = async <C extends object>(
  subgraph: Subgraph<C>,
): Promise<Running & { readonly url: string }> => {
  const { service, verifyIdentity, createContext, logger, documents = {} } = subgraph
  const schema = buildSubgraphSchema({
    typeDefs: parse(readFileSync(subgraph.schemaFile, 'utf8')),
    // n.b. codegen's resolver types and Apollo's resolver map describe the same object in types that don't meet
    resolvers: { ...subgraph.resolvers },
  })
  const formatError = createErrorFormatter(logger)
  const apollo = new ApolloServer<C>({
    schema,
    introspection: false,
    csrfPrevention: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    logger: logger.child({}, { level: 'warn' }),
    formatError,
  })
  await apollo.start()

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    const document = documents[path]
    if (document !== undefined) return sendJson(response, 200, await document())
    if (path === '/health') {
      return subgraph.checkHealth().then(
        () => sendJson(response, 200, { status: 'ok' }),
        () => sendJson(response, 503, { status: 'unavailable' }),
      )
    }
    if (path !== '/graphql') return sendJson(response, 404, { status: 'not found' })
    const deadlineAtMs = readDeadline(request)
    const identity = await verifyIdentity(bearerToken(request))
    await answerWithApollo(apollo, request, response, {
      maxBodyBytes,
      context: async () => createContext({ ...identity, deadlineAtMs }),
    })
  }

  const http = await startHttp((request, response) => {
    runInTrace(request.headers[traceHeader], () => answer(request, response)).catch((error: unknown) => {
      if (error instanceof InvalidIdentity) {
        return sendGraphQLError(response, 401, 'UNAUTHENTICATED', error.message)
      }
      logger.error({ err: error }, 'a request failed')
      if (response.headersSent) return response.destroy()
      sendGraphQLError(response, 500, 'INTERNAL_SERVER_ERROR', 'Internal server error')
    })
  }, subgraph)
  const sockets = schema.getSubscriptionType()
    ? serveSubscriptions({
        server: http.server,
        schema,
        verifyIdentity,
        // n.b. a subscription lasts as long as somebody listens
        createContext: identity => createContext({ ...identity, deadlineAtMs: Infinity }),
        formatError,
      })
    : undefined
  const url = `${originOf(subgraph.host, http.port)}/graphql`
  logger.info({ url }, `${service} listens`)
  return {
    url,
    stop: async () => {
      await sockets?.stop()
      await http.stop()
      await apollo.stop()
    },
  }
}

/** The token of an `Authorization: Bearer …` header. */
export const bearerToken = (request: IncomingMessage): string | undefined =>
  /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1]

const createErrorFormatter =
  (logger: Logger) =>
  (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const cause = error instanceof GraphQLError ? (error.originalError ?? error) : error
    if (cause instanceof GraphQLError) return { ...formatted, message: withoutValues(formatted.message) }
    logger.error({ err: cause, path: formatted.path }, 'a resolver failed')
    return {
      ...formatted,
      message: 'Internal server error',
      extensions: { code: 'INTERNAL_SERVER_ERROR' },
    }
  }
