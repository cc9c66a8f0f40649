import { ApolloGateway, type GraphQLDataSource } from '@apollo/gateway'
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server'
import {
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled'
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { GraphQLError } from 'graphql'
import { createAuthorizingExecutor } from './authorization/executor.ts'
import type { UnauthorizedOperations } from './authorization/refusals.ts'
import { type FormatError, printable } from './errors.ts'
import { exampleQuery } from './explorers.ts'
import type { RunOperation } from './socket-operations.ts'
import type { OperationContext } from './subgraph-source.ts'
import type { LoadedSupergraph } from './supergraph.ts'

// n.b. else ApolloGateway sends metrics to Apollo and asks clouds where it runs
process.env.APOLLO_TELEMETRY_DISABLED = 'true'

/** Starts the server that runs queries and mutations; with `explorable`, its schema and query plans can be looked at. */
export const startApollo = async ({
  supergraph,
  sources,
  unauthorizedOperations,
  explorable,
  format,
  logger,
}: {
  readonly supergraph: LoadedSupergraph
  readonly sources: ReadonlyMap<string, GraphQLDataSource>
  readonly unauthorizedOperations: UnauthorizedOperations
  readonly explorable: boolean
  readonly format: FormatError
  readonly logger: Logger
}): Promise<ApolloServer<OperationContext>> => {
  const apolloLogger = logger.child({}, { level: 'warn' })
  const gateway = new ApolloGateway({
    supergraphSdl: supergraph.sdl,
    logger: apolloLogger,
    __exposeQueryPlanExperimental: explorable,
    buildService: ({ name }) => {
      const source = sources.get(name)
      if (source === undefined) throw new Error(`the supergraph names a subgraph that is not there: ${name}`)
      return source
    },
  })
  const apollo = new ApolloServer<OperationContext>({
    gateway: {
      onSchemaLoadOrUpdate: callback => gateway.onSchemaLoadOrUpdate(callback),
      load: async options => {
        const { executor } = await gateway.load(options)
        return {
          executor: createAuthorizingExecutor({ supergraph, sources, unauthorizedOperations, executor }),
        }
      },
      stop: () => gateway.stop(),
    },
    logger: apolloLogger,
    nodeEnv: explorable ? 'development' : 'production',
    introspection: explorable,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    // n.b. ours hides them: Apollo's own regular expression takes seconds on a long text
    hideSchemaDetailsFromClientErrors: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    formatError: format,
    plugins: [
      ApolloServerPluginUsageReportingDisabled(),
      explorable
        ? ApolloServerPluginLandingPageLocalDefault({ document: exampleQuery, footer: false })
        : ApolloServerPluginLandingPageDisabled(),
      sendSubscribersToSockets,
    ],
  })
  await apollo.start()
  return apollo
}

/** Runs a query or mutation that did not come over HTTP. */
export const createRunOperation =
  (apollo: ApolloServer<OperationContext>): RunOperation =>
  async ({ query, variables, operationName, extensions }, contextValue) => {
    const { body } = await apollo.executeOperation(
      {
        query,
        variables: variables ?? undefined,
        operationName: operationName ?? undefined,
        extensions: extensions ?? undefined,
      },
      { contextValue },
    )
    if (body.kind !== 'single')
      throw new Error('an operation was answered in parts, which the gateway never plans')
    const { errors, ...result } = body.singleResult
    return errors === undefined ? result : { ...result, errors: errors.map(printable) }
  }

const sendSubscribersToSockets: ApolloServerPlugin<OperationContext> = {
  requestDidStart: async () => ({
    didResolveOperation: async ({ operation }) => {
      if (operation?.operation !== 'subscription') return
      throw new GraphQLError('Subscriptions run over WebSocket (graphql-transport-ws) on this same URL.', {
        extensions: { code: 'BAD_REQUEST', http: { status: 400 } },
      })
    },
  }),
}
