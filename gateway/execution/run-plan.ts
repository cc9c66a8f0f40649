import { executeQueryPlan, type GraphQLDataSource } from '@apollo/gateway'
import type { Logger } from '@supergraph/runtime/logger.ts'
import type { ExecutionResult } from 'graphql'
import type { ClientOperation } from '../authorization/selections.ts'
import type { SubgraphAnswer } from '../subgraphs/answer.ts'
import type { ExecutionContext } from '../subgraphs/call.ts'
import type { LoadedSupergraph } from '../supergraph.ts'
import { eventSource, type OperationPlan } from './plan.ts'

type RequestContext = Parameters<typeof executeQueryPlan>[2]

/** One run of an operation: its variables, for whom it runs, and the event that it completes if it is a subscription. */
export type Run = {
  readonly operation: ClientOperation
  readonly variables: Readonly<Record<string, unknown>>
  readonly context: ExecutionContext
  readonly event: SubgraphAnswer | undefined
}

/** What every run takes. */
export type RunParts = {
  readonly supergraph: LoadedSupergraph
  readonly sources: ReadonlyMap<string, GraphQLDataSource>
  readonly logger: Logger
}

/** With Apollo's executor, fetches what a plan says from the subgraphs and joins it to one answer in the plan's shape. */
export const createRunPlan = ({ supergraph, sources, logger }: RunParts) => {
  const { schema, apiSchema, supergraphSchema } = supergraph
  const services = Object.fromEntries(sources)
  return (
    { queryPlan, operationContext }: OperationPlan,
    { operation, variables, context, event }: Run,
  ): Promise<ExecutionResult> => {
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

const noCache = { get: async () => undefined, set: async () => undefined, delete: async () => true }
