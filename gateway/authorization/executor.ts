import { operationFromDocument } from '@apollo/federation-internals'
import {
  type ApolloGateway,
  buildOperationContext,
  executeQueryPlan,
  type GraphQLDataSource,
} from '@apollo/gateway'
import type { QueryPlan } from '@apollo/query-planner'
import { createCache } from '@supergraph/runtime/cache.ts'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import { getVariableValues } from 'graphql'
import { unknownOperation } from '../errors.ts'
import type { LoadedSupergraph } from '../supergraph.ts'
import { createAuthorityOf } from './authority.ts'
import { createIsForbidden } from './forbidden-fields.ts'
import { withNulls } from './nulls.ts'
import { refusalErrors, type UnauthorizedOperations } from './refusals.ts'
import { type Restriction, restrict } from './restriction.ts'

type Executor = ApolloGateway['executor']
type RequestContext = Parameters<Executor>[0]
type Planned = Restriction & {
  readonly plan: QueryPlan
  readonly operationContext: ReturnType<typeof buildOperationContext>
}

const maxPermittedOperations = 10_000
const maxCachedPlans = 500

/** Executes what the viewer may have of an operation; an operation that asks for nothing else goes on to `executor`. */
export const createAuthorizingExecutor = ({
  supergraph,
  sources,
  unauthorizedOperations,
  executor,
}: {
  readonly supergraph: LoadedSupergraph
  readonly sources: ReadonlyMap<string, GraphQLDataSource>
  readonly unauthorizedOperations: UnauthorizedOperations
  readonly executor: Executor
}): Executor => {
  const authorityOf = createAuthorityOf(supergraph.requirements)
  const isForbidden = createIsForbidden(supergraph.schema, supergraph.requirements)
  const services = Object.fromEntries(sources)
  const permitted = createCache<string, true>({ maxEntries: maxPermittedOperations })
  const plans = createCache<string, Planned>({ maxEntries: maxCachedPlans })

  /** Undefined for an operation that the viewer may have as it is. */
  const planFor = (requestContext: RequestContext): Planned | undefined => {
    const { queryHash, request, context } = requestContext
    const viewer: Viewer = context.viewer
    const authority = authorityOf(viewer)
    const key = `${queryHash}\n${request.operationName ?? ''}\n${authority.key}`
    if (permitted.get(key)) return undefined
    const known = plans.get(key)
    if (known !== undefined) return known
    const restriction = restrict(supergraph.schema, isForbidden, requestContext, authority)
    if (restriction === undefined) {
      permitted.set(key, true)
      return undefined
    }
    const planned = planRestricted(supergraph, restriction)
    if (restriction.isSmall) plans.set(key, planned)
    return planned
  }

  return async requestContext => {
    // n.b. the types say that there is one; with several operations and no name there is none
    if (requestContext.operation == null) throw unknownOperation()
    const planned = planFor(requestContext)
    if (planned === undefined) return executor(requestContext)
    const { operation, request } = requestContext
    const { coerced, errors: wrong } = getVariableValues(
      supergraph.schema,
      operation.variableDefinitions ?? [],
      request.variables ?? {},
    )
    if (coerced === undefined) return { errors: wrong }
    const refused = refusalErrors(planned.refusals, coerced)
    if (unauthorizedOperations === 'reject' && refused.length > 0) return { data: null, errors: refused }
    const {
      data,
      errors = [],
      ...rest
    } = await executeQueryPlan(
      planned.plan,
      services,
      requestContext,
      planned.operationContext,
      supergraph.supergraphSchema,
      supergraph.apiSchema,
    )
    const all = [...refused, ...errors]
    return {
      ...rest,
      data: data == null ? data : withNulls(data, planned.nulls),
      ...(all.length > 0 && { errors: all }),
    }
  }
}

const planRestricted = (
  { planner, apiSchema, schema }: LoadedSupergraph,
  restriction: Restriction,
): Planned => ({
  ...restriction,
  plan:
    restriction.permitted === undefined
      ? { kind: 'QueryPlan' }
      : planner.buildQueryPlan(operationFromDocument(apiSchema, restriction.permitted)),
  operationContext: buildOperationContext({ schema, operationDocument: restriction.shaped }),
})
