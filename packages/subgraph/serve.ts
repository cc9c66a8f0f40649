import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { capErrors, shortened } from '@supergraph/runtime/answer-errors.ts'
import { answerWithApollo, readOrRefuse } from '@supergraph/runtime/apollo-http.ts'
import { NobodyWaits, runFor, stopWhenNobodyWaits } from '@supergraph/runtime/caller.ts'
import { readDeadline } from '@supergraph/runtime/deadline.ts'
import { createDocumentStore } from '@supergraph/runtime/documents.ts'
import { withoutValues } from '@supergraph/runtime/errors.ts'
import { logFailures } from '@supergraph/runtime/failure-log.ts'
import {
  failRequest,
  originOf,
  sendGraphQLError,
  sendJson,
  startHttp,
  whenGone,
} from '@supergraph/runtime/http.ts'
import {
  createIdentityVerifier,
  type Identity,
  InvalidIdentity,
  type Viewer,
} from '@supergraph/runtime/identity.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { readTarget } from '@supergraph/runtime/request-target.ts'
import { runInTrace, traceHeader } from '@supergraph/runtime/trace-context.ts'
import { GraphQLError, type GraphQLFormattedError, parse } from 'graphql'
import { limitRepresentations, resolveEqualOnce } from './entities.ts'
import { takeIntsForAmounts } from './int-variables.ts'
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
const maxDocumentBytes = 16 * 1024 * 1024

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
  resolveEqualOnce(schema)
  limitRepresentations<C>(schema)
  const report = createReport(logger)
  const apollo = new ApolloServer<C>({
    schema,
    introspection: false,
    documentStore: createDocumentStore(maxDocumentBytes),
    persistedQueries: false,
    csrfPrevention: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    logger: logger.child({}, { level: 'warn' }),
    formatError,
    plugins: [takeIntsForAmounts(schema), createPlugin(report)],
  })
  await apollo.start()

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { path } = readTarget(request)
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
    await runFor({ deadlineAtMs, gone: whenGone(response) }, async () => {
      const sent = await readOrRefuse(request, response, { maxBodyBytes })
      if (sent === 'refused') return
      await answerWithApollo(apollo, request, response, {
        body: sent.body,
        context: async () => createContext({ ...identity, deadlineAtMs }),
      })
    })
  }

  const http = await startHttp(
    (request, response) => {
      runInTrace(request.headers[traceHeader], () => answer(request, response)).catch((error: unknown) => {
        if (error instanceof InvalidIdentity) {
          return sendGraphQLError(response, 401, 'UNAUTHENTICATED', error.message)
        }
        failRequest(response, error, logger)
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
        format: errors => {
          report(errors)
          return capErrors(errors.map(error => formatError(error.toJSON(), error)))
        },
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

/** An error as it leaves: what is not known to be fit for clients is hidden. */
const formatError = (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
  const cause = causeOf(error)
  if (!(cause instanceof GraphQLError))
    return { ...formatted, message: 'Internal server error', extensions: { code: 'INTERNAL_SERVER_ERROR' } }
  // n.b. Apollo Server calls a document invalid that holds a value which a scalar refuses
  const { code } = cause.extensions
  const extensions = code === 'BAD_USER_INPUT' ? { ...formatted.extensions, code } : formatted.extensions
  return { ...formatted, message: shortened(withoutValues(formatted.message)), extensions }
}

const causeOf = (error: unknown): unknown =>
  error instanceof GraphQLError ? (error.originalError ?? error) : error

/** Logs those errors of an operation that are hidden from clients. */
const createReport =
  (logger: Logger) =>
  (errors: readonly Error[]): void => {
    const hidden = errors
      .map(error => ({
        err: causeOf(error),
        details: { path: error instanceof GraphQLError ? error.path : undefined },
      }))
      .filter(({ err }) => !(err instanceof GraphQLError) && !(err instanceof NobodyWaits))
    logFailures(hidden, line => logger.error(line, 'a resolver failed'))
  }

/** Ends reads that nobody waits for, logs what failed, and lists at most 100 errors in an answer. */
const createPlugin = (report: (errors: readonly Error[]) => void): ApolloServerPlugin => ({
  contextCreationDidFail: async ({ error }) => report([error]),
  requestDidStart: async () => ({
    didResolveOperation: async ({ operation }) => {
      // n.b. a mutation goes on: whoever sent it would not know what it did
      if (operation?.operation === 'query') stopWhenNobodyWaits()
    },
    didEncounterErrors: async ({ errors }) => report(errors),
    willSendResponse: async ({ response: { body } }) => {
      if (body.kind !== 'single' || body.singleResult.errors === undefined) return
      body.singleResult.errors = capErrors(body.singleResult.errors)
    },
  }),
})
