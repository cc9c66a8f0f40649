import { demoAccounts } from '@supergraph/demo/demo-accounts.ts'
import type { Transport } from '@supergraph/messaging/transport.ts'
import { createHealth, dependencyOnBroker } from '@supergraph/runtime/health.ts'
import { answerToAll, createHostRule } from '@supergraph/runtime/hosts.ts'
import { originOf, startHttp } from '@supergraph/runtime/http.ts'
import { createIdentitySigner } from '@supergraph/runtime/identity.ts'
import { type Running, startAll, together } from '@supergraph/runtime/lifecycle.ts'
import { createLogger, type Logger } from '@supergraph/runtime/logger.ts'
import { readRecordedOperations } from '@supergraph/schema/recorded-operations.ts'
import { watchGraph } from './cache-metrics.ts'
import { openEntityStore } from './caching/open-entity-store.ts'
import { createCurrentGraph } from './current-graph.ts'
import { createPersistedQueries } from './documents/persisted-queries.ts'
import { readTrustedDocuments, type TrustedDocuments } from './documents/trusted-documents.ts'
import type { Environment } from './environment.ts'
import { createErrorFormatter } from './errors.ts'
import { createClientQueue } from './execution/client-queue.ts'
import { createLargeRequests } from './execution/large-requests.ts'
import { startGraph } from './graph.ts'
import { createClientAddress } from './http/client-address.ts'
import { createCors } from './http/cors.ts'
import { createEventSource } from './http/event-source.ts'
import { createExplorers } from './http/explorers.ts'
import { createMeasureRuns } from './http/operation-metrics.ts'
import { createOperationRequests } from './http/operation-requests.ts'
import { createRequestHandler } from './http/requests.ts'
import { createDocuments } from './limits/documents.ts'
import { createLive, type Live, watchLive } from './live.ts'
import { createNamedClientIn } from './named-clients.ts'
import { createLoads, watchLoads } from './overload/loads.ts'
import { recordedNamesIn } from './recorded-names.ts'
import { createRegistrySource, type RegistrySource } from './registry/registry-source.ts'
import { createAuthenticate } from './sessions/access-token.ts'
import { refuseEnded, startSessionWatch } from './sessions/session-watch.ts'
import { serveSockets } from './sockets/sockets.ts'
import { createChanges } from './subgraphs/changes.ts'
import { createSubgraphConnections } from './subgraphs/connections.ts'
import type { SubgraphsInProcess } from './subgraphs/in-process-client.ts'
import { createStreamedOperations } from './subscriptions/streamed-operations.ts'
import { createPrepareSubscription } from './subscriptions/subscribe.ts'
import { readSupergraph } from './supergraph.ts'
import {
  createEqualPauses,
  createServeSupergraph,
  pauseForOthers,
  startWarmUp,
  watchSupergraph,
} from './supergraph-updates.ts'
import { startUsageReporting } from './usage-reporting/usage-reporting.ts'
import { expectedDocuments, noDocuments } from './warm-up.ts'

// n.b. measured: to plan one for three authorities takes 2 to 10 ms
const maxWarmOperations = 500

/**
 * Starts the gateway on the composed supergraph, and on each new one that comes to stand in the same file, or on the one
 * given. It listens once the expected operations are planned, and in development before that; HTTP and sockets are both at
 * `url`. The transport tells it which sessions end.
 */
export const startGateway = (
  environment: Environment,
  transport: Pick<Transport, 'listen' | 'broker'>,
  {
    supergraphSdl,
    trustedDocuments = readTrustedDocuments,
    inProcess,
    logger = createLogger('gateway', environment.LOG_LEVEL),
  }: {
    readonly supergraphSdl?: string
    readonly trustedDocuments?: () => TrustedDocuments
    /** The subgraphs that run in this process: they are asked directly, and the others over HTTP. */
    readonly inProcess?: SubgraphsInProcess
    readonly logger?: Logger
  } = {},
): Promise<Running & { readonly url: string; readonly port: number; readonly live: Live }> =>
  startAll(async use => {
    const { HOST: host, PORT, JWKS_URL, SUBGRAPH_TIMEOUT_MS: timeoutMs } = environment
    const { SOCKETS_PER_ADDRESS: socketsPerAddress } = environment
    const explorable = environment.NODE_ENV !== 'production'
    const format = createErrorFormatter(logger)
    const trusted = environment.TRUSTED_DOCUMENTS_ONLY ? trustedDocuments() : undefined
    const documents = createDocuments(environment)
    const signer = createIdentitySigner('gateway', environment.IDENTITY_KEY)
    const changes = createChanges()

    const sessionWatch = use(await startSessionWatch(transport))
    const authenticate = refuseEnded(createAuthenticate(JWKS_URL, timeoutMs, logger), sessionWatch)
    const clientAddress = createClientAddress(environment.TRUST_PROXY_HOPS)
    const cors = createCors({ origins: environment.CORS_ORIGINS, isDevelopment: explorable })
    // n.b. a proxy before the gateway knows its names, and may pass any of them on
    const hostRule =
      explorable && environment.TRUST_PROXY_HOPS === 0
        ? createHostRule(host, environment.ALLOWED_HOSTS)
        : answerToAll
    const queue = createClientQueue()
    const checkLarge = createLargeRequests(queue)
    const clientIn = createNamedClientIn(environment.METRICS_CLIENTS)
    const names = recordedNamesIn(readRecordedOperations())
    const live = createLive(names)
    use(watchLive(live))
    const loads = createLoads()
    const persistedQueries = createPersistedQueries(trusted)
    const graphParts = {
      environment,
      documents,
      trusted,
      persistedQueries,
      connections: createSubgraphConnections(inProcess),
      entities: use(await openEntityStore(environment, { transport, changes, logger })),
      signer,
      changes,
      authenticate,
      queue,
      loads,
      cors,
      clientIn,
      measureRuns: createMeasureRuns(names, environment.METRICS_CLIENTS),
      useCounts: use(startUsageReporting(environment, logger)).counts,
      format,
      logger,
    }
    const registry = registryOf(environment, logger)
    const startFirst = (text: string) =>
      startGraph(text, {
        ...graphParts,
        warmUpOn: explorable ? noDocuments : expectedDocuments(),
        pause: pauseForOthers,
      })
    const startOn = async (text: string) => ({ sdl: text, started: await startFirst(text) })
    const { sdl, started: first } =
      supergraphSdl === undefined && registry !== undefined
        ? await registry.startFirst(startFirst, readSupergraph)
        : await startOn(supergraphSdl ?? readSupergraph(environment.SUPERGRAPH_PATH))
    const current = use(createCurrentGraph(first, logger))
    use(watchGraph(current.now))
    // n.b. what the start takes of the thread is no load
    use(watchLoads(loads))
    const prepare = createStreamedOperations({
      admission: { operationOf: (...asked) => current.now().admission.operationOf(...asked) },
      persistedQueries,
      runOperation: (...operation) => current.use(({ runOperation }) => runOperation(...operation)),
      prepareSubscription: createPrepareSubscription({ current, live, format }),
      countUse: (...use) => current.now().countUse(...use),
      format,
    })
    const eventSource = createEventSource({
      prepare,
      authenticate,
      sessionWatch,
      queue,
      checkLarge,
      mayConnect: cors.mayConnect,
      streamsPerAddress: socketsPerAddress,
      live,
      clientIn,
      format,
    })
    const health = createHealth(
      () => [
        ...current.now().connected.map(({ service, client }) => ({
          name: service,
          // n.b. without a subgraph its fields are null, and the rest of the answer comes
          isRequired: false,
          check: () => {
            if (!client.isUsable()) throw new Error(`the last calls of ${service} failed`)
          },
        })),
        ...dependencyOnBroker(transport.broker),
      ],
      { about: () => ({ supergraph: current.now().version, ...registry?.about() }) },
    )
    const handle = createRequestHandler({
      operations: createOperationRequests({ current, checkLarge, cors }),
      eventSource,
      clientAddress,
      cors,
      hostRule,
      explorers: explorable ? createExplorers(neighboursIn(environment)) : undefined,
      health,
      format,
      logger,
    })
    const keepAliveMs = environment.KEEP_ALIVE_SECONDS * 1_000
    const http = await startHttp(handle, { host, port: PORT, sockets: 64, keepAliveMs, service: 'gateway' })
    const { server, port } = http

    const admission = { hostRule, mayConnect: cors.mayConnect, clientAddress, socketsPerAddress }
    const sockets = serveSockets({
      server,
      authenticate,
      sessionWatch,
      admission,
      prepare,
      queue,
      live,
      clientIn,
      format,
      logger,
    })
    // n.b. nobody can connect any more while sockets and streams are closed in turns
    use(together([http, eventSource, sockets]))

    if (supergraphSdl === undefined) {
      const serve = createServeSupergraph({
        source: environment.SUPERGRAPH_URL ?? environment.SUPERGRAPH_PATH,
        text: sdl,
        startGraph: (next, stopping) =>
          startGraph(next, {
            ...graphParts,
            warmUpOn: expectedDocuments(current.now().known.busiest(maxWarmOperations)),
            pause: createEqualPauses(stopping),
          }),
        current,
        logger,
      })
      use(
        registry?.startUpdates(serve) ??
          watchSupergraph({ path: environment.SUPERGRAPH_PATH, text: sdl, serve, logger }),
      )
    }

    if (explorable) {
      // n.b. a developer who waits for the start is better served by a first request that is 10 ms slower
      use(startWarmUp(pause => current.now().warmUp(expectedDocuments(), pause), logger))
    }

    // n.b. the last of all, and so stopped first: a balancer may look elsewhere before sockets close
    use(health)
    const url = `${originOf(host, port)}/graphql`
    logger.info({ url }, 'gateway listens')
    return { url, port, live }
  })

/** The registry that the settings name. */
const registryOf = (
  {
    SUPERGRAPH_URL: url,
    SUPERGRAPH_REF: ref = '',
    SUPERGRAPH_KEY: key = '',
    SUPERGRAPH_PATH: path,
  }: Environment,
  logger: Logger,
): RegistrySource | undefined =>
  url === undefined ? undefined : createRegistrySource({ url, ref, key, path }, logger)

const neighboursIn = ({ CONSOLE_URL, REGISTRY_URL, MAILBOX_URL, DEMO_DATA, DEMO_PASSWORD }: Environment) => ({
  consoleUrl: CONSOLE_URL,
  registryUrl: REGISTRY_URL,
  mailboxUrl: MAILBOX_URL,
  demo: DEMO_DATA ? { accounts: demoAccounts, password: DEMO_PASSWORD } : undefined,
})
