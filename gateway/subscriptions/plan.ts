import { operationFromDocument } from '@apollo/federation-internals'
import { buildOperationContext } from '@apollo/gateway'
import type { FetchNode, QueryPlan } from '@apollo/query-planner'
import {
  type DocumentNode,
  type GraphQLError,
  type OperationDefinitionNode,
  specifiedRules,
  validate,
} from 'graphql'
import { createBoundedCache } from '../bounded-cache.ts'
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
}

/** The name of the data source that gives an event's data; no subgraph can have it. */
export const eventSource = '#event'

const maxCachedPlans = 1_000
const maxCachedQueryLength = 16_384

/** Plans subscriptions, each document once; answers with GraphQL errors where a document is not valid. */
export const createSubscriptionPlanner = (supergraph: LoadedSupergraph) => {
  const plans = createBoundedCache<string, SubscriptionPlan>(maxCachedPlans)
  return (source: SubscriptionSource): SubscriptionPlan | readonly GraphQLError[] => {
    const key = `${source.operationName ?? ''}\n${source.query}`
    const known = plans.get(key)
    if (known !== undefined) return known
    const invalid = validate(supergraph.schema, source.document, specifiedRules, { hideSuggestions: true })
    if (invalid.length > 0) {
      for (const error of invalid) error.extensions.code = 'GRAPHQL_VALIDATION_FAILED'
      return invalid
    }
    const plan = planSubscription(supergraph, source)
    if (plan === undefined) {
      return [gatewayError('BAD_REQUEST', 'This subscription selects nothing that a subgraph sends.')]
    }
    if (source.query.length <= maxCachedQueryLength) plans.set(key, plan)
    return plan
  }
}

const planSubscription = (
  { planner, apiSchema, schema }: LoadedSupergraph,
  { document, operationName }: SubscriptionSource,
): SubscriptionPlan | undefined => {
  const { node } = planner.buildQueryPlan(operationFromDocument(apiSchema, document, { operationName }))
  if (node?.kind !== 'Subscription') return undefined
  const { primary, rest } = node
  const event: FetchNode = { ...primary, serviceName: eventSource, requires: undefined, variableUsages: [] }
  return {
    primary,
    perEvent: {
      kind: 'QueryPlan',
      node: { kind: 'Sequence', nodes: rest === undefined ? [event] : [event, rest] },
    },
    operationContext: buildOperationContext({ schema, operationDocument: document, operationName }),
  }
}
