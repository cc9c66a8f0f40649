import { operationFromDocument } from '@apollo/federation-internals'
import { buildOperationContext } from '@apollo/gateway'
import type { FetchNode, QueryPlan } from '@apollo/query-planner'
import { createCache } from '@supergraph/runtime/cache.ts'
import {
  type DocumentNode,
  GraphQLError,
  type OperationDefinitionNode,
  specifiedRules,
  validate,
} from 'graphql'
import type { Authority } from '../authorization/authority.ts'
import { createIsForbidden } from '../authorization/forbidden-fields.ts'
import { refusalErrors } from '../authorization/refusals.ts'
import { type Restriction, restrict } from '../authorization/restriction.ts'
import { gatewayError } from '../errors.ts'
import type { LoadedSupergraph } from '../supergraph.ts'

/** A subscription as a client wrote it. */
export type SubscriptionSource = {
  readonly query: string
  readonly document: DocumentNode
  readonly operation: OperationDefinitionNode
  readonly operationName: string | undefined
}

/** What to subscribe to upstream, and what to do with each event. */
export type SubscriptionPlan = {
  readonly primary: FetchNode
  /** Takes the event from the data source `eventSource`, then fetches what other subgraphs add to it. */
  readonly perEvent: QueryPlan
  readonly operationContext: ReturnType<typeof buildOperationContext>
  /** What the viewer may not have of it. */
  readonly restriction: Restriction | undefined
}

/** Plans a subscription for an authority; answers with the GraphQL errors for which it can't have it. */
export type PlanSubscription = (
  source: SubscriptionSource,
  authority: Authority,
) => SubscriptionPlan | readonly GraphQLError[]

/** The name of the data source that gives an event's data; no subgraph can have it. */
export const eventSource = '#event'

const maxCachedPlans = 1_000
const maxCachedQueryLength = 16_384

/** Plans subscriptions, each document once for each authority. */
export const createSubscriptionPlanner = (supergraph: LoadedSupergraph): PlanSubscription => {
  const plans = createCache<string, SubscriptionPlan>({ maxEntries: maxCachedPlans })
  const isForbidden = createIsForbidden(supergraph.schema, supergraph.requirements)
  return (source, authority) => {
    const key = `${authority.key}\n${source.operationName ?? ''}\n${source.query}`
    const known = plans.get(key)
    if (known !== undefined) return known
    const invalid = validationErrors(supergraph, source)
    if (invalid.length > 0) {
      for (const error of invalid) error.extensions.code = 'GRAPHQL_VALIDATION_FAILED'
      return invalid
    }
    const restriction = restrict(supergraph.schema, isForbidden, source, authority)
    if (restriction !== undefined && restriction.permitted === undefined) {
      const refused = refusalErrors(restriction.refusals, {})
      return refused.length > 0 ? refused : [nothingToSend()]
    }
    const plan = planSubscription(supergraph, source, restriction)
    if (plan === undefined) return [nothingToSend()]
    const isSmall = restriction?.isSmall ?? true
    if (isSmall && source.query.length <= maxCachedQueryLength) plans.set(key, plan)
    return plan
  }
}

// n.b. graphql's rule for subscriptions throws on a directive at the root that takes a variable
const validationErrors = ({ schema }: LoadedSupergraph, { document }: SubscriptionSource) => {
  try {
    return validate(schema, document, specifiedRules, { hideSuggestions: true })
  } catch {
    return [new GraphQLError('A subscription takes no @skip or @include at its root.')]
  }
}

const planSubscription = (
  { planner, apiSchema, schema }: LoadedSupergraph,
  { document, operationName }: SubscriptionSource,
  restriction: Restriction | undefined,
): SubscriptionPlan | undefined => {
  const permitted = restriction?.permitted ?? document
  const { node } = planner.buildQueryPlan(operationFromDocument(apiSchema, permitted, { operationName }))
  if (node?.kind !== 'Subscription') return undefined
  const { primary, rest } = node
  const event: FetchNode = { ...primary, serviceName: eventSource, requires: undefined, variableUsages: [] }
  const operationDocument = restriction?.shaped ?? document
  return {
    primary,
    perEvent: {
      kind: 'QueryPlan',
      node: { kind: 'Sequence', nodes: rest === undefined ? [event] : [event, rest] },
    },
    operationContext: buildOperationContext({ schema, operationDocument, operationName }),
    restriction,
  }
}

const nothingToSend = (): GraphQLError =>
  gatewayError('BAD_REQUEST', 'This subscription selects nothing that a subgraph sends.')
