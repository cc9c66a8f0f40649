import type { IncomingMessage, ServerResponse } from 'node:http'
import { capErrors } from '@supergraph/runtime/answer-errors.ts'
import { answerWithApollo, readOrRefuse } from '@supergraph/runtime/apollo-http.ts'
import { runFor } from '@supergraph/runtime/caller.ts'
import { readDeadline } from '@supergraph/runtime/deadline.ts'
import { createHealth, dependencyOnBroker } from '@supergraph/runtime/health.ts'
import { failRequest, originOf, sendJson, startHttp, whenGone } from '@supergraph/runtime/http.ts'
import {
  createIdentityVerifier,
  type Identity,
  InvalidIdentity,
  userOf,
  type Viewer,
} from '@supergraph/runtime/identity.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { readTarget } from '@supergraph/runtime/request-target.ts'
import { inRequestSpan } from '@supergraph/telemetry/requests.ts'
import { startExecutor } from './executor.ts'
import { withCallFaults } from './faulty-ask.ts'
import { type AskInProcess, createInProcess } from './in-process.ts'
import { operationIn } from './known-requests.ts'
import { formatError } from './operation-errors.ts'
import { refuseStranger } from './refuse-stranger.ts'
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
  /** Called once for each request and each event of a subscription, so that loaders live as long as one of them. */
  readonly createContext: (caller: Caller) => C
  /** Public documents by path, such as a JWKS. */
  readonly documents?: Readonly<Record<string, () => Promise<unknown>>>
  /** Other public paths, which answer for themselves: nobody has checked who asks. */
  readonly routes?: Readonly<
    Record<string, (request: IncomingMessage, response: ServerResponse) => Promise<void>>
  >
  /** `/health/ready` answers 503 while this database does not answer. */
  readonly database: { readonly query: (sql: string) => Promise<unknown> }
  /** Without it the service goes on: events wait in the outbox, and in queues. */
  readonly broker?: { readonly isUsable: () => boolean } | undefined
  readonly logger: Logger
}

/** A subgraph that is served. */
export type ServedSubgraph = Running & {
  readonly url: string
  /** The way into it for the gateway, if that runs in the same process. */
  readonly askInProcess: AskInProcess
}

const assertWritable = async (database: Subgraph<never>['database']): Promise<void> => {
  const found = await database.query(`select where current_setting('transaction_read_only') = 'on'`)
  if (Array.isArray(found) && found.length > 0) throw new Error('the database only reads')
}

const maxBodyBytes = 8 * 1024 * 1024

/**
 * Serves a subgraph: `/graphql` over HTTP, and over WebSocket if it has subscriptions, both only for callers with an
 * identity token (401 before any resolver runs); `/health/live`, `/health/ready`, `documents` and `routes` for everyone.
 */
export const serveSubgraph = async <C extends { readonly viewer: Viewer }>({
  service,
  environment,
  moduleUrl,
  resolvers,
  createContext,
  documents = {},
  routes = {},
  database,
  broker,
  logger,
}: Subgraph<C>): Promise<ServedSubgraph> => {
  const { HOST: host, PORT: port } = environment
  const verifyIdentity = createIdentityVerifier(service, environment.IDENTITY_ISSUERS)
  const { schema, apollo, runKnown, report } = await startExecutor<C>({ moduleUrl, resolvers, logger })
  const health = createHealth(() => [
    { name: 'database', isRequired: true, check: () => database.query('select 1') },
    // n.b. a standby, or a server that was told to, only reads: so does the service then
    { name: 'database for writing', isRequired: false, check: () => assertWritable(database) },
    ...dependencyOnBroker(broker),
  ])
  const inProcess = createInProcess({ service, apollo, runKnown, createContext })

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { path } = readTarget(request)
    const document = documents[path]
    if (document !== undefined) return sendJson(response, 200, await document())
    const route = routes[path]
    if (route !== undefined) return route(request, response)
    const healthAnswer = health.at(path)
    if (healthAnswer !== undefined) return void (await healthAnswer(request, response))
    if (path !== '/graphql') return sendJson(response, 404, { status: 'not found' })
    const deadlineAtMs = readDeadline(request)
    const identity = await verifyIdentity(bearerToken(request))
    const caller = { deadlineAtMs, gone: whenGone(response), user: userOf(identity.viewer) }
    await runFor(caller, async (): Promise<void> => {
      const sent = await readOrRefuse(request, response, { maxBodyBytes })
      if (sent === 'refused') return
      const context = () => createContext({ ...identity, deadlineAtMs })
      response.setHeader('cache-control', 'no-store')
      const operation = operationIn(request, sent.body)
      const outcome = operation && (await runKnown(operation, context))
      if (outcome === undefined)
        return answerWithApollo(apollo, request, response, {
          body: sent.body,
          context: async () => context(),
        })
      const { status, data, errors } = outcome
      try {
        sendJson(response, status, { errors, data })
      } catch (error) {
        // n.b. a resolver gave what JSON can't say; Apollo Server answers so too
        report([new Error('the answer can not be written as JSON', { cause: error })])
        sendJson(response, 500, { errors: [formatError({ message: '' }, error)] })
      }
    })
  }

  const http = await startHttp(
    (request, response) => {
      inRequestSpan(service, request, response, () => answer(request, response)).catch((error: unknown) => {
        if (error instanceof InvalidIdentity) return refuseStranger(request, response, error.message)
        failRequest(response, error, logger)
      })
    },
    { host, port, service },
  )
  const sockets = schema.getSubscriptionType()
    ? serveSubscriptions({
        service,
        server: http.server,
        schema,
        verifyIdentity,
        // n.b. a subscription lasts as long as somebody listens
        createContext: identity => createContext({ ...identity, deadlineAtMs: Infinity }),
        format: errors => {
          report(errors)
          return capErrors(errors.map(error => formatError(error.toJSON(), error)))
        },
        logger,
      })
    : undefined
  const url = `${originOf(host, http.port)}/graphql`
  logger.info({ url }, `${service} listens`)
  return {
    url,
    askInProcess: withCallFaults(service, inProcess.ask),
    stop: async () => {
      // n.b. nothing is taken from the same moment on
      await Promise.all([health.stop(), inProcess.stop()])
      await Promise.all([http.stop(), sockets?.stop()])
      await apollo.stop()
    },
  }
}

/** The token of an `Authorization: Bearer …` header. */
export const bearerToken = (request: IncomingMessage): string | undefined =>
  /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
