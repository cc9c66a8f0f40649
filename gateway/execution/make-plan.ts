import type { FetchNode, QueryPlan } from '@apollo/query-planner'
import type { PlannedNode } from '@supergraph/composition/query-planner.ts'
import { getOperationAST } from 'graphql'
import type { Restriction } from '../authorization/restriction.ts'
import type { ClientOperation } from '../authorization/selections.ts'
import { createMaxAges } from '../caching/max-age.ts'
import type { LoadedSupergraph } from '../supergraph.ts'
import { type CompiledPlan, compilePlan } from './compiled/compile-plan.ts'
import type { FetchParts } from './compiled/fetch.ts'
import { firstFetchesIn, numberFetches } from './plan-description.ts'
import type { PlanKeys } from './plan-keys.ts'
import { createPlanTelling, type PlanTelling } from './plan-telling.ts'

/** How to execute an operation for an authority, as often as it comes. */
export type OperationPlan = {
  /** What to fetch from which subgraph; for a subscription, at each event. */
  readonly queryPlan: QueryPlan
  readonly compiled: CompiledPlan
  /** What a subscription asks of the subgraph that sends its events. */
  readonly events: FetchNode | undefined
  /** What the authority may not have; undefined if the authority may have all of the operation. */
  readonly restriction: Restriction | undefined
  /** For how many seconds anyone may keep the answer, if it has no errors. */
  readonly maxAge: number
  /** How many requests to subgraphs one run takes at most. */
  readonly fetches: number
  /** Which subgraphs they go to. */
  readonly subgraphs: readonly string[]
  /** Which of these are asked before anything is known. */
  readonly firstSubgraphs: readonly string[]
  readonly tell: PlanTelling
  /** Which labels of `@override` it takes as on. */
  readonly overrides: string
  /** What it takes to remember the plan, about. */
  readonly bytes: number
}

/** Compiles what an authority may have of an operation, by what was planned for it. */
export const makePlan = (
  {
    supergraph: { schema, supergraphSchema, cacheHints },
    clients,
    keys,
  }: {
    readonly supergraph: LoadedSupergraph
    readonly clients: FetchParts['clients']
    readonly keys: PlanKeys
  },
  {
    operation: { document, operationName },
    restriction,
    node,
  }: {
    readonly operation: ClientOperation
    readonly restriction: Restriction | undefined
    readonly node: PlannedNode
  },
): Omit<OperationPlan, 'overrides' | 'bytes'> => {
  const shaped = restriction?.shaped ?? document
  const operation = getOperationAST(shaped, operationName)
  if (operation == null) throw new Error('a planned document names its operation')
  const events = node?.kind === 'Subscription' ? node.primary : undefined
  const steps = node?.kind === 'Subscription' ? node.rest : node
  const numbers = numberFetches(steps)
  return {
    queryPlan: { kind: 'QueryPlan', node: steps },
    compiled: compilePlan(
      steps,
      { document: shaped, operation, keys },
      { schema: supergraphSchema, apiSchema: schema, clients, numbers },
    ),
    events,
    restriction,
    maxAge: createMaxAges(schema, cacheHints).ofOperation(shaped, operation),
    fetches: numbers.size,
    subgraphs: subgraphsOf([...numbers.keys()]),
    firstSubgraphs: subgraphsOf(firstFetchesIn(steps)),
    tell: createPlanTelling({ steps, numbers, events, document, schema, keys }),
  }
}

const subgraphsOf = (fetches: readonly FetchNode[]): readonly string[] => [
  ...new Set(fetches.map(({ serviceName }) => serviceName)),
]
