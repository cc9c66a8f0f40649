import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { ApolloServer } from '@apollo/server'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { answerWithApollo } from '@supergraph/runtime/apollo-http.ts'
import { readDeadline } from '@supergraph/runtime/deadline.ts'
import { withoutValues } from '@supergraph/runtime/errors.ts'
import { originOf, sendGraphQLError, sendJson, startHttp } from '@supergraph/runtime/http.ts'
import {
  createIdentityVerifier,
  type Identity,
  InvalidIdentity,
  type Viewer,
} from '@supergraph/runtime/identity.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { runInTrace, traceHeader } from '@supergraph/runtime/trace-context.ts'
import { GraphQLError, type GraphQLFormattedError, parse } from 'graphql'
import { limitRepresentations } from './representations.ts'
import { serveSubscriptions } from './subscriptions.ts'

/** Who asks, and when they stop waiting, in milliseconds since the epoch. */
export type Caller = Identity & { readonly deadlineAtMs: number }

/** What a subgraph is made of; everything else is the same for all of them. */
export type Subgraph<C extends { readonly viewer: Viewer }> = {
  readonly service: string
  /** The settings that serving a subgraph takes; `environment.ts` reads them. */
  readonly environment: {
    readonly HOST: string
    readonly PORT: number
    readonly IDENTITY_ISSUERS: Parameters<typeof createIdentityVerifier>[1]
  }
  /** `import.meta.url` of a module in the folder that holds `schema.graphql`. */
  readonly moduleUrl: string
  readonly resolvers: object
  /** Called once for each request, so that loaders live as long as one request. */
  readonly createContext: (caller: Caller) => C
  /** Public documents by path, such as a JWKS. */
  readonly documents?: Readonly<Record<string, () => Promise<unknown>>>
  /** `/health` answers 503 while this database does not answer. */
  readonly database: { readonly query: (sql: string) => Promise<unknown> }
  readonly logger: Logger
}

const maxBodyBytes = 8 * 1024 * 1024

/**
 * Serves a subgraph: `/graphql` over HTTP, and over WebSocket if it has subscriptions, both only for callers with an
 * identity token (401 before any resolver runs); `/health` and `documents` for everyone.
 */
export const serveSubgraph = async <C extends { readonly viewer: Viewer }>({
  service,
  environment,
  moduleUrl,
  resolvers,
  createContext,
  documents = {},
  database,
  logger,
}: Subgraph<C>): Promise<Running & { readonly url: string }> => {
  const { HOST: host, PORT: port } = environment
  const verifyIdentity = createIdentityVerifier(service, environment.IDENTITY_ISSUERS)
  const schema = buildSubgraphSchema({
    typeDefs: parse(readFileSync(new URL('./schema.graphql', moduleUrl), 'utf8')),
    // n.b. codegen's resolver types and Apollo's resolver map describe the same object in incompatible types
    resolvers: { ...resolvers },
  })
  limitRepresentations<C>(schema)
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
      return database.query('select 1').then(
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

  const http = await startHttp(
    (request, response) => {
      runInTrace(request.headers[traceHeader], () => answer(request, response)).catch((error: unknown) => {
        if (error instanceof InvalidIdentity) {
          return sendGraphQLError(response, 401, 'UNAUTHENTICATED', error.message)
        }
        logger.error({ err: error }, 'a request failed')
        if (response.headersSent) return response.destroy()
        sendGraphQLError(response, 500, 'INTERNAL_SERVER_ERROR', 'Internal server error')
      })
    },
    { host, port },
  )
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
  const url = `${originOf(host, http.port)}/graphql`
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
