import type { ApolloGateway } from '@apollo/gateway'
import { prettyFormatQueryPlan, type QueryPlan } from '@apollo/query-planner'
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server'
import {
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { OperationTypeNode } from 'graphql'
import type { KnownOperations } from '../documents/known-operations.ts'
import type { PersistedQueries } from '../documents/persisted-queries.ts'
import { type FormatError, gatewayError, markAsOfMutation, unknownOperation } from '../errors.ts'
import { toResult } from '../execution/answer.ts'
import type { Execution } from '../execution/execution.ts'
import { tellOperation } from '../execution/operation-span.ts'
import type { OperationContext } from '../subgraphs/call.ts'
import type { LoadedSupergraph } from '../supergraph.ts'
import type { CountUse } from '../usage-reporting/use-counts.ts'
import { queryPlanHeader } from './known-requests.ts'

type GatewayExecutor = ApolloGateway['executor']
type GatewayRequest = Parameters<GatewayExecutor>[0]['request']

/**
 * Headers that no page of another site can send unasked; one of them lets a GET in, or a POST that is not sent as JSON.
 * n.b. a browser itself sends `Authorization: Basic`, which is refused as a bad token
 */
const forgeryProofHeaders = ['authorization', 'x-apollo-operation-name', 'apollo-require-preflight']

/**
 * Starts the server that runs queries and mutations of documents that have been admitted; with `explorable`, query plans can
 * be looked at, and with `introspection` the schema.
 */
export const startApollo = async ({
  supergraph,
  execution,
  known,
  persistedQueries,
  explorable,
  introspection,
  countUse,
  format,
  logger,
}: {
  readonly supergraph: LoadedSupergraph
  readonly execution: Execution
  readonly known: KnownOperations
  readonly persistedQueries: PersistedQueries
  readonly explorable: boolean
  readonly introspection: boolean
  readonly countUse: CountUse
  readonly format: FormatError
  readonly logger: Logger
}): Promise<ApolloServer<OperationContext>> => {
  const executor = createExecutor(execution, known, { explorable, countUse })
  const apollo = new ApolloServer<OperationContext>({
    gateway: {
      onSchemaLoadOrUpdate: onLoad => {
        onLoad({ apiSchema: supergraph.schema, coreSupergraphSdl: supergraph.sdl })
        return () => undefined
      },
      load: async () => ({ executor }),
      stop: async () => undefined,
    },
    documentStore: known.documentStore,
    persistedQueries: { cache: persistedQueries.store },
    logger: logger.child({}, { level: 'warn' }),
    nodeEnv: explorable ? 'development' : 'production',
    introspection,
    csrfPrevention: { requestHeaders: forgeryProofHeaders },
    allowBatchedHttpRequests: false,
    // n.b. ours hides them: Apollo's own regular expression takes seconds on a long text
    hideSchemaDetailsFromClientErrors: false,
    includeStacktraceInErrorResponses: false,
    // n.b. by default a line feed is put behind it
    stringifyResult: async result => JSON.stringify(result),
    stopOnTerminationSignals: false,
    formatError: format,
    plugins: [
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      sendSubscribersToSockets,
    ],
  })
  await apollo.start()
  return apollo
}

const createExecutor =
  (
    { prepare, authorityOf }: Execution,
    known: Pick<KnownOperations, 'find'>,
    { explorable, countUse }: { readonly explorable: boolean; readonly countUse: CountUse },
  ): GatewayExecutor =>
  async ({ request, source: query, queryHash, document, operation, context, overallCachePolicy }) => {
    // n.b. the types say that there is one; with several operations and no name there is none
    if (operation == null) throw unknownOperation()
    const { viewer, clientAddress, clientDevice, gone } = context
    const caller: OperationContext = { viewer, clientAddress, clientDevice, gone }
    const { variables = {}, operationName } = request
    const source = known.find(query, operationName) ?? {
      query,
      queryHash,
      document,
      operation,
      operationName,
    }
    tellOperation(source, viewer)
    countUse(source, context.client)
    const authority = authorityOf(viewer)
    const prepared = await prepare(source, variables, { authority, ...caller })
    // n.b. Apollo answers wrong variables with status 400 if there is no data, not even null
    if (prepared.kind !== 'prepared')
      return { errors: prepared.errors, ...(prepared.kind === 'refused' && { data: null }) }
    const answer = await prepared.execute(caller)
    if (operation.operation === OperationTypeNode.MUTATION) markAsOfMutation(answer.errors)
    const { maxAge } = answer
    if (maxAge > 0)
      overallCachePolicy.restrict({ maxAge, scope: viewer.kind === 'anonymous' ? 'PUBLIC' : 'PRIVATE' })
    const result = toResult(answer)
    const plan = explorable ? shownPlan(prepared.plan.queryPlan, request) : undefined
    return plan === undefined ? result : { ...result, extensions: { __queryPlanExperimental: plan } }
  }

/** Apollo Sandbox asks for the query plan by one header, and for its format by another one. */
const shownPlan = (plan: QueryPlan, { http }: GatewayRequest): QueryPlan | string | true | undefined => {
  if (!http?.headers.get(queryPlanHeader)) return undefined
  const format = http.headers.get(`${queryPlanHeader}-format`) ?? 'prettified'
  if (format === 'internal') return plan
  return format === 'prettified' && plan.node !== undefined ? prettyFormatQueryPlan(plan) : true
}

const sendSubscribersToSockets: ApolloServerPlugin<OperationContext> = {
  requestDidStart: async () => ({
    didResolveOperation: async ({ operation }) => {
      if (operation?.operation !== 'subscription') return
      throw gatewayError(
        'BAD_REQUEST',
        'Subscriptions run over WebSocket (graphql-transport-ws) on this same URL, or come as server-sent events if you accept text/event-stream.',
      )
    },
  }),
}
