import { operationFromDocument, type Supergraph } from '@apollo/federation-internals'
import { type QueryPlan, QueryPlanner } from '@apollo/query-planner'
import type { DocumentNode } from 'graphql'

// n.b. the planner compares up to 10,000 plans by itself, which takes seconds; it has one for nearly all our operations
const maxEvaluatedPlans = 100

/** What to fetch for an operation; undefined if there is nothing to fetch. */
export type PlannedNode = QueryPlan['node']

/** Makes the planner of a supergraph. */
export const createQueryPlanner = (supergraph: Supergraph): QueryPlanner =>
  new QueryPlanner(supergraph, { debug: { maxEvaluatedPlans } })

/** Plans the operation of this name, or the only one of the document; labels of `@override` are off unless they are `on`. */
export const planDocument = (
  {
    planner,
    apiSchema,
  }: { readonly planner: QueryPlanner; readonly apiSchema: ReturnType<Supergraph['apiSchema']> },
  document: DocumentNode,
  { operationName, on = [] }: { readonly operationName: string | undefined; readonly on?: readonly string[] },
): PlannedNode =>
  planner.buildQueryPlan(operationFromDocument(apiSchema, document, { operationName }), {
    overrideConditions: new Map(on.map(label => [label, true])),
  }).node
