import { executeQueryPlan, type GraphQLDataSource } from '@apollo/gateway'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { type ExecutionResult, type GraphQLError, getVariableValues } from 'graphql'
import { type Authority, createAuthorityOf } from '../authorization/authority.ts'
import { withNulls } from '../authorization/nulls.ts'
import { refusalErrors, type UnauthorizedOperations } from '../authorization/refusals.ts'
import { type FormatError, formatAny, gatewayError, printable } from '../errors.ts'
import { sessionEnded } from '../sessions/session-watch.ts'
import type { SubgraphAnswer } from '../subgraph-answer.ts'
import type { LoadedSupergraph } from '../supergraph.ts'
import type { Backlog } from './backlog.ts'
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

/**
 * Gives what starts the subscription, or the errors for which it can't be started. Each event is completed for who
 * `currentViewer` then is, who gets no more than the one who subscribed; undefined is a session that is over, and so is
 * the subscription, with UNAUTHENTICATED. What waits for the client counts against `backlog`.
 */
export type PrepareSubscription = (
  request: SubscriptionRequest,
  currentViewer: () => Viewer | undefined,
  backlog: Backlog,
) => (() => Promise<AsyncIterableIterator<ExecutionResult, undefined>>) | readonly GraphQLError[]

type Values = Readonly<Record<string, unknown>>
type RequestContext = Parameters<typeof executeQueryPlan>[2]

/** Runs subscriptions: the events come from one subgraph, each is completed by the others. */
export const createPrepareSubscription = ({
  supergraph,
  sources,
  upstreams,
  unauthorizedOperations,
  cache,
  format,
  logger,
}: {
  readonly supergraph: LoadedSupergraph
  readonly sources: ReadonlyMap<string, GraphQLDataSource>
  readonly upstreams: ReadonlyMap<string, Upstream>
  readonly unauthorizedOperations: UnauthorizedOperations
  readonly cache: RequestContext['cache']
  readonly format: FormatError
  readonly logger: Logger
}): PrepareSubscription => {
  const plan = createSubscriptionPlanner(supergraph)
  const authorityOf = createAuthorityOf(supergraph.requirements)
  const services = Object.fromEntries(sources)

  /** The plan for an authority, or the errors for which it may not have the subscription at all. */
  const planFor = (
    request: SubscriptionRequest,
    authority: Authority,
  ): Permission | readonly GraphQLError[] => {
    const planned = plan(request, authority)
    if (!('primary' in planned)) return planned
    const { coerced, errors = [] } = coerce(supergraph, request)
    if (coerced === undefined) return errors
    const refused = refusalErrors(planned.restriction?.refusals ?? [], coerced)
    return unauthorizedOperations === 'reject' && refused.length > 0 ? refused : { planned, refused }
  }

  const complete = async (
    request: SubscriptionRequest,
    { planned: { perEvent, operationContext, restriction }, refused }: Permission,
    event: SubgraphAnswer,
    viewer: Viewer,
  ): Promise<ExecutionResult> => {
    try {
      // n.b. Apollo's extensions tell what a client need not know
      const { data, errors = [] } = await executeQueryPlan(
        perEvent,
        { ...services, [eventSource]: { process: async () => event } },
        requestContextOf(request, viewer),
        operationContext,
        supergraph.supergraphSchema,
        supergraph.apiSchema,
      )
      const all = [...refused, ...errors].map(error => printable(formatAny(format, error)))
      return {
        data: data == null || restriction === undefined ? data : withNulls(data, restriction.nulls),
        ...(all.length > 0 && { errors: all }),
      }
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

  /** Completes events, each for who is the viewer by then; throws the error with which the subscription ends. */
  const createComplete = (
    request: SubscriptionRequest,
    first: Permission,
    firstViewer: Viewer,
    currentViewer: () => Viewer | undefined,
  ) => {
    const atMost = authorityOf(firstViewer)
    let latest = { viewer: firstViewer, permission: first }
    return async (event: SubgraphAnswer): Promise<ExecutionResult> => {
      const viewer = currentViewer()
      if (viewer === undefined) throw sessionEnded()
      if (viewer !== latest.viewer) {
        // n.b. a viewer who may do more by now gets no more: what was not asked of the upstream is in no event
        const permission = planFor(request, authorityOf(viewer).and(atMost))
        if (!('planned' in permission)) throw permission[0]
        latest = { viewer, permission }
      }
      const result = await complete(request, latest.permission, event, viewer)
      if (currentViewer() === undefined) throw sessionEnded()
      return result
    }
  }

  return (request, currentViewer, backlog) => {
    const viewer = currentViewer()
    if (viewer === undefined) return [sessionEnded()]
    const permission = planFor(request, authorityOf(viewer))
    if (!('planned' in permission)) return permission
    const { serviceName, operation, operationName, variableUsages = [] } = permission.planned.primary
    const upstream = upstreams.get(serviceName)
    if (upstream === undefined) throw new Error(`the plan names a subgraph that is not there: ${serviceName}`)
    return async () => {
      const variables = pick(request.variables, variableUsages)
      const events = await upstream.subscribe({ query: operation, operationName, variables }, viewer, backlog)
      const completeNext = createComplete(request, permission, viewer, currentViewer)
      return mapEvents(events, event =>
        completeNext(event).catch(async (error: unknown) => {
          await events.return?.()
          throw error
        }),
      )
    }
  }
}

type Permission = { readonly planned: SubscriptionPlan; readonly refused: readonly GraphQLError[] }

const coerce = (
  { schema }: LoadedSupergraph,
  { operation, variables }: SubscriptionRequest,
): { readonly coerced?: Values; readonly errors?: readonly GraphQLError[] } => {
  const { coerced, errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables)
  return { coerced, errors: errors?.map(error => gatewayError('BAD_USER_INPUT', error.message)) }
}

const pick = (values: Values, names: readonly string[]) =>
  Object.fromEntries(names.filter(name => Object.hasOwn(values, name)).map(name => [name, values[name]]))
