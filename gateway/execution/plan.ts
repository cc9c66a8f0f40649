import { hash } from 'node:crypto'
import { operationFromDocument } from '@apollo/federation-internals'
import type { FetchNode, PlanNode, QueryPlan } from '@apollo/query-planner'
import { bytesOfText, createCache } from '@supergraph/runtime/cache.ts'
import { bytesOfDocument } from '@supergraph/runtime/documents.ts'
import { getOperationAST, print } from 'graphql'
import type { Authority } from '../authorization/authority.ts'
import { createIsForbidden } from '../authorization/forbidden-fields.ts'
import { type Restriction, restrictionOf } from '../authorization/restriction.ts'
import { type ClientOperation, markForbidden } from '../authorization/selections.ts'
import { createMaxAges } from '../caching/max-age.ts'
import type { OperationClient } from '../subgraphs/call.ts'
import type { LoadedSupergraph } from '../supergraph.ts'
import type { ClientQueue } from './client-queue.ts'
import { type CompiledPlan, compilePlan } from './compiled/compile-plan.ts'
import type { FetchParts } from './compiled/fetch.ts'
import { type LiftedOperation, liftLiterals } from './literals.ts'

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
  /** What it takes to remember the plan, about. */
  readonly bytes: number
}

const maxPlanBytes = 96 * 1024 * 1024
// n.b. measured: 1.2 to 1.6 kB for each selection
const bytesPerSelection = 1_600
// n.b. the code that writes a selection has about 100 characters; V8 keeps them, and byte and machine code
const bytesPerWritten = 1_000
const maxUnrestrictedBytes = 4 * 1024 * 1024
const maxLiteralBytes = 16 * 1024 * 1024

/** A plan, and the values of the literals that an operation has in the place of variables of the plan. */
export type PlannedOperation = { readonly plan: OperationPlan; readonly literals: Literals['values'] }

/** Which plans an operation has, and its literals. */
type Literals = Pick<LiftedOperation, 'values'> & { readonly shared: string; readonly bytes: number }

/**
 * Plans each operation once, and once more for each authority that may not have all of it; operations that differ in their
 * literals alone are one. What is new waits for its turn.
 */
export const createPlanner = (
  supergraph: LoadedSupergraph,
  clients: FetchParts['clients'],
  queue: Pick<ClientQueue, 'run'>,
) => {
  const isForbidden = createIsForbidden(supergraph.schema, supergraph.requirements)
  const plans = createCache<OperationPlan>({ maxBytes: maxPlanBytes, sizeOf: plan => plan.bytes })
  const literals = createCache<Literals>({ maxBytes: maxLiteralBytes, sizeOf: ({ bytes }) => bytes })
  /** Operations and authorities that may have all of them. */
  const unrestricted = createCache<true>({ maxBytes: maxUnrestrictedBytes, sizeOf: () => 0 })
  let asked = 0
  let planned = 0

  const find = (operation: ClientOperation, { key: authority }: Authority): PlannedOperation | undefined => {
    const known = literals.get(textKeyOf(operation))
    if (known === undefined) return undefined
    const { shared, values } = known
    const plan = plans.get(unrestricted.get(`${shared} ${authority}`) ? shared : `${shared} ${authority}`)
    return plan && { plan, literals: values }
  }

  const plan = (operation: ClientOperation, authority: Authority): PlannedOperation => {
    const { values, ...lifted } = liftLiterals(supergraph.schema, operation)
    const shared = hash('sha256', print(lifted.document))
    const bytes = bytesOfText(operation.query)
    literals.set(textKeyOf(operation), { shared, values, bytes })
    return (
      find(operation, authority) ?? {
        plan: planAnew({ ...operation, ...lifted }, authority, shared),
        literals: values,
      }
    )
  }

  const planAnew = (operation: ClientOperation, authority: Authority, shared: string): OperationPlan => {
    const marked = markForbidden(supergraph.schema, isForbidden, operation, authority)
    const restriction = restrictionOf(operation.operation, marked)
    if (restriction === undefined) unrestricted.set(`${shared} ${authority.key}`, true)
    const key = restriction === undefined ? shared : `${shared} ${authority.key}`
    const known = plans.get(key)
    if (known !== undefined) return known
    planned += 1
    const plan = makePlan(supergraph, clients, operation, restriction)
    const bytesEach = bytesPerSelection + bytesPerWritten * plan.compiled.maxWriters
    const bytes = marked.size * bytesEach + bytesOfDocument(operation.document)
    const made = { ...plan, restriction, bytes }
    plans.set(key, made)
    return made
  }

  const planFor = async (
    operation: ClientOperation,
    authority: Authority,
    client: OperationClient,
  ): Promise<PlannedOperation> => {
    asked += 1
    return (
      find(operation, authority) ??
      queue.run(client, () => find(operation, authority) ?? plan(operation, authority))
    )
  }
  /** How often a plan was asked for and how often an operation was planned for that, and what is kept now. */
  const statistics = () => {
    const { entries, bytes } = plans.statistics()
    return { asked, planned, entries, bytes }
  }
  return Object.assign(planFor, { statistics })
}

/** n.b. without the operation's name, which may be as long as the document. */
const textKeyOf = ({ queryHash, document, operation }: ClientOperation): string =>
  `${queryHash} ${document.definitions.indexOf(operation)}`

const makePlan = (
  { planner, apiSchema, schema, supergraphSchema, cacheHints }: LoadedSupergraph,
  clients: FetchParts['clients'],
  { document, operationName }: ClientOperation,
  restriction: Restriction | undefined,
): Omit<OperationPlan, 'restriction' | 'bytes'> => {
  const permitted = restriction === undefined ? document : restriction.permitted
  const shaped = restriction?.shaped ?? document
  const operation = getOperationAST(shaped, operationName)
  if (operation == null) throw new Error('a planned document names its operation')
  const { node } =
    permitted === undefined
      ? { node: undefined }
      : planner.buildQueryPlan(operationFromDocument(apiSchema, permitted, { operationName }))
  const events = node?.kind === 'Subscription' ? node.primary : undefined
  const steps = node?.kind === 'Subscription' ? node.rest : node
  return {
    queryPlan: { kind: 'QueryPlan', node: steps },
    compiled: compilePlan(
      steps,
      { document: shaped, operation },
      { schema: supergraphSchema, apiSchema: schema, clients },
    ),
    events,
    maxAge: createMaxAges(schema, cacheHints).ofOperation(shaped, operation),
    fetches: fetchesOf(steps),
  }
}

const fetchesOf = (node: PlanNode | undefined): number => {
  switch (node?.kind) {
    case undefined:
      return 0
    case 'Fetch':
      return 1
    case 'Flatten':
      return fetchesOf(node.node)
    case 'Condition':
      return fetchesOf(node.ifClause) + fetchesOf(node.elseClause)
    case 'Sequence':
    case 'Parallel':
      return node.nodes.reduce((total, inside) => total + fetchesOf(inside), 0)
    case 'Defer':
      throw new Error('the gateway plans no deferred parts')
    default:
      return node satisfies never
  }
}
