import { executeQueryPlan, type GraphQLDataSource } from '@apollo/gateway'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { type ExecutionResult, type GraphQLError, getVariableValues } from 'graphql'
import { type FormatError, formatAny, gatewayError, printable } from '../errors.ts'
import type { SubgraphAnswer } from '../subgraph-answer.ts'
import type { LoadedSupergraph } from '../supergraph.ts'
import { mapEvents } from './event-stream.ts'
import {
  createSubscriptionPlanner,
  eventSource,
  type SubscriptionPlan,
  type SubscriptionSource,
} from './plan.ts'
import type { Upstream } from './upstream.ts'

/** A subscription and the values for its variables. */
export type SubscriptionRequest = SubscriptionSource & {
  readonly variables: Readonly<Record<string, unknown>>
}

/** Gives what starts the subscription, or the errors for which it can't be started. */
export type PrepareSubscription = (
  request: SubscriptionRequest,
  viewer: Viewer,
) => (() => Promise<AsyncIterableIterator<ExecutionResult, undefined>>) | readonly GraphQLError[]

type RequestContext = Parameters<typeof executeQueryPlan>[2]

/** Runs subscriptions: the events come from one subgraph, each is completed by the others. */
export const createPrepareSubscription = ({
  supergraph,
  sources,
  upstreams,
  cache,
  format,
  logger,
}: {
  readonly supergraph: LoadedSupergraph
  readonly sources: ReadonlyMap<string, GraphQLDataSource>
  readonly upstreams: ReadonlyMap<string, Upstream>
  readonly cache: RequestContext['cache']
  readonly format: FormatError
  readonly logger: Logger
}): PrepareSubscription => {
  const plan = createSubscriptionPlanner(supergraph)
  const services = Object.fromEntries(sources)

  const complete = async (
    request: SubscriptionRequest,
    { perEvent, operationContext }: SubscriptionPlan,
    event: SubgraphAnswer,
    viewer: Viewer,
  ): Promise<ExecutionResult> => {
    try {
      const result = await executeQueryPlan(
        perEvent,
        { ...services, [eventSource]: { process: async () => event } },
        requestContextOf(request, viewer),
        operationContext,
        supergraph.supergraphSchema,
        supergraph.apiSchema,
      )
      return { ...result, errors: result.errors?.map(error => printable(formatAny(format, error))) }
    } catch (error) {
      return { data: null, errors: [printable(formatAny(format, error))] }
    }
  }

  const requestContextOf = (request: SubscriptionRequest, viewer: Viewer): RequestContext => ({
    request: {
      query: request.query,
      variables: { ...request.variables },
      operationName: request.operationName,
    },
    context: { viewer },
    document: request.document,
    operation: request.operation,
    operationName: request.operationName ?? null,
    source: request.query,
    schema: supergraph.schema,
    // n.b. Apollo brands this string; the executor does not read it
    schemaHash: '' as RequestContext['schemaHash'],
    queryHash: '',
    cache,
    metrics: {},
    overallCachePolicy: undefined,
    logger,
  })

  return (request, viewer) => {
    const planned = plan(request)
    if (!('primary' in planned)) return planned
    const wrong = wrongVariables(supergraph, request)
    if (wrong.length > 0) return wrong
    const { serviceName, operation, operationName, variableUsages = [] } = planned.primary
    const upstream = upstreams.get(serviceName)
    if (upstream === undefined) throw new Error(`the plan names a subgraph that is not there: ${serviceName}`)
    return async () => {
      const variables = pick(request.variables, variableUsages)
      const events = await upstream.subscribe({ query: operation, operationName, variables }, viewer)
      return mapEvents(events, event => complete(request, planned, event, viewer))
    }
  }
}

const wrongVariables = (
  { schema }: LoadedSupergraph,
  { operation, variables }: SubscriptionRequest,
): readonly GraphQLError[] => {
  const { errors = [] } = getVariableValues(schema, operation.variableDefinitions ?? [], variables)
  return errors.map(error => gatewayError('BAD_USER_INPUT', error.message))
}

const pick = (values: Readonly<Record<string, unknown>>, names: readonly string[]) =>
  Object.fromEntries(names.filter(name => Object.hasOwn(values, name)).map(name => [name, values[name]]))
