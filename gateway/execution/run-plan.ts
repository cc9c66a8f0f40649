import { executeQueryPlan, type GraphQLDataSource } from '@apollo/gateway'
import type { Logger } from '@supergraph/runtime/logger.ts'
import type { ExecutionResult } from 'graphql'
import type { SubgraphAnswer } from '../subgraphs/answer.ts'
import type { OperationContext } from '../subgraphs/call.ts'
import type { LoadedSupergraph } from '../supergraph.ts'
import { type ClientOperation, eventSource, type OperationPlan } from './plan.ts'

type RequestContext = Parameters<typeof executeQueryPlan>[2]

/** One run of an operation: its variables, for whom it runs, and the event that it completes if it is a subscription. */
export type Run = {
  readonly operation: ClientOperation
  readonly variables: Readonly<Record<string, unknown>>
  readonly context: OperationContext
  readonly event: SubgraphAnswer | undefined
}

/** Fetches what a plan says from the subgraphs and joins it to one answer in the plan's shape. */
export type RunPlan = (plan: OperationPlan, run: Run) => Promise<ExecutionResult>

/** Runs plans with Apollo's executor. */
export const createRunPlan = ({
  supergraph: { schema, apiSchema, supergraphSchema },
  sources,
  logger,
}: {
  readonly supergraph: LoadedSupergraph
  readonly sources: ReadonlyMap<string, GraphQLDataSource>
  readonly logger: Logger
}): RunPlan => {
  const services = Object.fromEntries(sources)
  return ({ queryPlan, operationContext }, { operation, variables, context, event }) => {
    const requestContext: RequestContext = {
      ...operation,
      operationName: operation.operationName ?? null,
      request: { query: operation.query, variables, operationName: operation.operationName },
      source: operation.query,
      context,
      schema,
      // n.b. Apollo brands this string, and its executor does not read it
      schemaHash: '' as RequestContext['schemaHash'],
      cache: noCache,
      metrics: {},
      overallCachePolicy: undefined,
      logger,
    }
    return executeQueryPlan(
      queryPlan,
      event === undefined ? services : { ...services, [eventSource]: { process: async () => event } },
      requestContext,
      operationContext,
      supergraphSchema,
      apiSchema,
    )
  }
}

const noCache: RequestContext['cache'] = {
  get: async () => undefined,
  set: async () => undefined,
  delete: async () => true,
}
