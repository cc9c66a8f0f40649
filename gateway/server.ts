import type { Transport } from '@supergraph/messaging/transport.ts'
import { originOf, startHttp } from '@supergraph/runtime/http.ts'
import { createIdentitySigner } from '@supergraph/runtime/identity.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { runInTrace, traceHeader } from '@supergraph/runtime/trace-context.ts'
import { type Environment, urlSetting } from './environment.ts'
import { createErrorFormatter } from './errors.ts'
import { createExecution } from './execution/execution.ts'
import { createRunOperation, startApollo } from './http/apollo.ts'
import { createClientAddress } from './http/client-address.ts'
import { createCors } from './http/cors.ts'
import { createRequestHandler } from './http/requests.ts'
import { createAuthenticate } from './sessions/access-token.ts'
import { refuseEnded, startSessionWatch } from './sessions/session-watch.ts'
import { createSocketOperations } from './sockets/operations.ts'
import { serveSockets } from './sockets/sockets.ts'
import { createSubgraphSource } from './subgraphs/source.ts'
import { createUpstream } from './subgraphs/upstream.ts'
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
    const { SUBGRAPH_TIMEOUT_MS: timeoutMs, JWKS_URL, HOST, PORT } = environment
    const explorable = environment.NODE_ENV !== 'production'
    const logger = createLogger('gateway', environment.LOG_LEVEL)
    const format = createErrorFormatter(logger)
    const supergraph = loadSupergraph(supergraphSdl)

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
    const execution = createExecution({
      supergraph,
      sources,
      unauthorizedOperations: environment.UNAUTHORIZED_OPERATIONS,
      logger,
    })
    const apollo = use(await startApollo({ supergraph, execution, explorable, format, logger }))

    const sessionWatch = use(await startSessionWatch(transport))
    const authenticate = refuseEnded(
      createAuthenticate({ jwksUrl: JWKS_URL, timeoutMs, logger }),
      sessionWatch,
    )
    const clientAddress = createClientAddress(environment.TRUST_PROXY_HOPS)
    const cors = createCors(environment.CORS_ORIGINS)
    const handle = createRequestHandler({ apollo, authenticate, clientAddress, cors, explorable, logger })
    const http = use(await startHttp(handle, { host: HOST, port: PORT }))

    const runOperation = createRunOperation(apollo)
    const operations = createSocketOperations({
      schema: supergraph.schema,
      runOperation: (payload, context) =>
        runInTrace(payload.extensions?.[traceHeader], () => runOperation(payload, context)),
      prepareSubscription: createPrepareSubscription({ supergraph, execution, upstreams, format }),
      format,
    })
    use(
      serveSockets({
        server: http.server,
        authenticate,
        sessionWatch,
        admission: {
          mayConnect: cors.mayConnect,
          clientAddress,
          socketsPerAddress: environment.SOCKETS_PER_ADDRESS,
        },
        operations,
        format,
        logger,
      }),
    )

    const url = `${originOf(HOST, http.port)}/graphql`
    logger.info({ url }, 'gateway listens')
    return { url, port: http.port }
  })
