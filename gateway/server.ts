import type { Transport } from '@supergraph/messaging/transport.ts'
import { answerToAll, createHostRule } from '@supergraph/runtime/hosts.ts'
import { originOf, startHttp } from '@supergraph/runtime/http.ts'
import { createIdentitySigner } from '@supergraph/runtime/identity.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { type Environment, urlSetting } from './environment.ts'
import { createErrorFormatter } from './errors.ts'
import { createExecution } from './execution/execution.ts'
import { createLargeRequests } from './execution/large-requests.ts'
import { createOperationAnswers } from './http/answer-operations.ts'
import { createRunOperation, startApollo } from './http/apollo.ts'
import { createClientAddress } from './http/client-address.ts'
import { createCors } from './http/cors.ts'
import { createKnownOperations } from './http/known-operations.ts'
import { createFindKnown } from './http/known-requests.ts'
import { createRequestHandler } from './http/requests.ts'
import { createRunKnown } from './http/run-known.ts'
import { createDocuments } from './limits/documents.ts'
import { createOperationChecks } from './limits/operations.ts'
import { createAuthenticate } from './sessions/access-token.ts'
import { refuseEnded, startSessionWatch } from './sessions/session-watch.ts'
import { createSocketOperations } from './sockets/operations.ts'
import { serveSockets } from './sockets/sockets.ts'
import { createSubgraphSource } from './subgraphs/source.ts'
import { createUpstream } from './subgraphs/upstream.ts'
import { createStreamedOperations } from './subscriptions/streamed-operations.ts'
import { createPrepareSubscription } from './subscriptions/subscribe.ts'
import { loadSupergraph, readSupergraph } from './supergraph.ts'

/**
 * Starts the gateway on the composed supergraph, or on the one given; HTTP and sockets are both at `url`. The transport
 * tells it which sessions end.
 */
export const startGateway = (
  environment: Environment,
  transport: Pick<Transport, 'listen'>,
  { supergraphSdl = readSupergraph() }: { readonly supergraphSdl?: string } = {},
): Promise<Running & { readonly url: string; readonly port: number }> =>
  startAll(async use => {
    const { HOST: host, PORT, JWKS_URL, SUBGRAPH_TIMEOUT_MS: timeoutMs } = environment
    const { SOCKETS_PER_ADDRESS: socketsPerAddress, UNAUTHORIZED_OPERATIONS: unauthorizedOperations } =
      environment
    const explorable = environment.NODE_ENV !== 'production'
    const logger = createLogger('gateway', environment.LOG_LEVEL)
    const format = createErrorFormatter(logger)
    const supergraph = loadSupergraph(supergraphSdl)
    const documents = createDocuments(environment)

    const signer = createIdentitySigner('gateway', environment.IDENTITY_KEY)
    const subgraphs = supergraph.subgraphs.map(({ name, url, isToldClientAddress }) => ({
      service: name,
      url: environment[urlSetting(name)] ?? url,
      isToldClientAddress,
      timeoutMs,
      signer,
      logger,
    }))
    const sources = new Map(
      subgraphs.map(subgraph => [subgraph.service, use(createSubgraphSource(subgraph))]),
    )
    const upstreams = new Map(subgraphs.map(subgraph => [subgraph.service, use(createUpstream(subgraph))]))
    const { MAX_COST: maxCost, MAX_FETCHES: maxFetches } = environment
    const checks = createOperationChecks(supergraph, { maxCost, maxFetches })
    const execution = createExecution({
      supergraph,
      sources,
      unauthorizedOperations,
      checks,
      maxAnswerBytes: environment.MAX_ANSWER_BYTES,
      logger,
    })
    const known = createKnownOperations()
    const { apollo, findPersisted } = await startApollo({
      supergraph,
      execution,
      known,
      explorable,
      format,
      logger,
    })
    use(apollo)

    const sessionWatch = use(await startSessionWatch(transport))
    const authenticate = refuseEnded(createAuthenticate(JWKS_URL, timeoutMs, logger), sessionWatch)
    const clientAddress = createClientAddress(environment.TRUST_PROXY_HOPS)
    const cors = createCors({ origins: environment.CORS_ORIGINS, isDevelopment: explorable })
    // n.b. a proxy before the gateway knows its names, and may pass any of them on
    const hostRule =
      explorable && environment.TRUST_PROXY_HOPS === 0
        ? createHostRule(host, environment.ALLOWED_HOSTS)
        : answerToAll
    const waitForTurn = createLargeRequests()
    const handle = createRequestHandler({
      operations: createOperationAnswers({
        apollo,
        findKnown: createFindKnown(known, findPersisted),
        runKnown: createRunKnown(execution, format),
        documents,
        waitForTurn,
        authenticate,
        cors,
      }),
      clientAddress,
      cors,
      hostRule,
      explorable,
      logger,
    })
    const keepAliveMs = environment.KEEP_ALIVE_SECONDS * 1_000
    const { server, port } = use(await startHttp(handle, { host, port: PORT, keepAliveMs }))

    const prepare = createStreamedOperations({
      schema: supergraph.schema,
      documents,
      runOperation: createRunOperation(apollo),
      prepareSubscription: createPrepareSubscription({ supergraph, execution, upstreams, format }),
      format,
    })
    const operations = createSocketOperations(supergraph.schema, prepare)
    const admission = { hostRule, mayConnect: cors.mayConnect, clientAddress, socketsPerAddress }
    use(
      serveSockets({
        server,
        authenticate,
        sessionWatch,
        admission,
        operations,
        waitForTurn,
        format,
        logger,
      }),
    )

    const url = `${originOf(host, port)}/graphql`
    logger.info({ url }, 'gateway listens')
    return { url, port }
  })
