import { operationFromDocument } from '@apollo/federation-internals'
import { buildOperationContext } from '@apollo/gateway'
import type { FetchNode, QueryPlan } from '@apollo/query-planner'
import { createCache } from '@supergraph/runtime/cache.ts'
import { bytesOfDocument } from '@supergraph/runtime/documents.ts'
import type { Authority } from '../authorization/authority.ts'
import { createIsForbidden } from '../authorization/forbidden-fields.ts'
import { type Restriction, restrictionOf } from '../authorization/restriction.ts'
import { type ClientOperation, markForbidden } from '../authorization/selections.ts'
import type { LoadedSupergraph } from '../supergraph.ts'
import { createPlanningQueue, type PlanningClient } from './planning-queue.ts'

/** How to execute an operation for an authority, as often as it comes. */
export type OperationPlan = {
  /** What to fetch from which subgraph; for a subscription, at each event. */
  readonly queryPlan: QueryPlan
  /** What a subscription asks of the subgraph that sends its events. */
  readonly events: FetchNode | undefined
  /** The answer's shape. */
  readonly operationContext: ReturnType<typeof buildOperationContext>
  /** What the authority may not have; undefined if the authority may have all of the operation. */
  readonly restriction: Restriction | undefined
  /** What it takes to remember the plan, about. */
  readonly bytes: number
}

/** The name of the data source that gives an event's data; no subgraph can have this name. */
export const eventSource = '#event'

const maxPlanBytes = 96 * 1024 * 1024
// n.b. measured: 1.2 to 1.6 kB for each selection
const bytesPerSelection = 1_600
const maxUnrestrictedBytes = 4 * 1024 * 1024

/** Plans each operation once, and once more for each authority that may not have all of it; new ones wait for their turn. */
export const createPlanner = (supergraph: LoadedSupergraph) => {
  const isForbidden = createIsForbidden(supergraph.schema, supergraph.requirements)
  const plans = createCache<OperationPlan>({ maxBytes: maxPlanBytes, sizeOf: plan => plan.bytes })
  /** Operations and authorities that may have all of them. */
  const unrestricted = createCache<true>({ maxBytes: maxUnrestrictedBytes, sizeOf: () => 0 })

  const queue = createPlanningQueue()

  const keysOf = (operation: ClientOperation, authority: Authority) => {
    // n.b. not the operation's name, which may be as long as the document
    const index = operation.document.definitions.indexOf(operation.operation)
    const shared = `${operation.queryHash}\n${index}`
    return { shared, own: `${shared}\n${authority.key}` }
  }
  const find = ({ shared, own }: ReturnType<typeof keysOf>) => plans.get(unrestricted.get(own) ? shared : own)

  const plan = (operation: ClientOperation, authority: Authority): OperationPlan => {
    const { shared, own } = keysOf(operation, authority)
    const marked = markForbidden(supergraph.schema, isForbidden, operation, authority)
    const restriction = restrictionOf(operation.operation, marked)
    if (restriction === undefined) unrestricted.set(own, true)
    const key = restriction === undefined ? shared : own
    const bytes = marked.size * bytesPerSelection + bytesOfDocument(operation.document)
    const found = plans.get(key) ?? { ...makePlan(supergraph, operation, restriction), restriction, bytes }
    plans.set(key, found)
    return found
  }

  return async (
    operation: ClientOperation,
    authority: Authority,
    client: PlanningClient,
  ): Promise<OperationPlan> => {
    const keys = keysOf(operation, authority)
    return find(keys) ?? queue.run(client, () => find(keys) ?? plan(operation, authority))
  }
}

const makePlan = (
  { planner, apiSchema, schema }: LoadedSupergraph,
  { document, operationName }: ClientOperation,
  restriction: Restriction | undefined,
): Omit<OperationPlan, 'restriction' | 'bytes'> => {
  const permitted = restriction === undefined ? document : restriction.permitted
  const operationDocument = restriction?.shaped ?? document
  const operationContext = buildOperationContext({ schema, operationDocument, operationName })
  const node =
    permitted && planner.buildQueryPlan(operationFromDocument(apiSchema, permitted, { operationName })).node
  if (node?.kind !== 'Subscription') {
    return { queryPlan: { kind: 'QueryPlan', node }, events: undefined, operationContext }
  }
  const { primary: events, rest } = node
  const event: FetchNode = { ...events, serviceName: eventSource, requires: undefined, variableUsages: [] }
  const nodes = rest === undefined ? [event] : [event, rest]
  return { queryPlan: { kind: 'QueryPlan', node: { kind: 'Sequence', nodes } }, events, operationContext }
}
