import { hash } from 'node:crypto'
import type { FetchNode, QueryPlan } from '@apollo/query-planner'
import { type PlannedNode, planDocument } from '@supergraph/composition/query-planner.ts'
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
import type { BackgroundPlanner } from './background-planner.ts'
import type { ClientQueue } from './client-queue.ts'
import { type CompiledPlan, compilePlan } from './compiled/compile-plan.ts'
import type { FetchParts } from './compiled/fetch.ts'
import { liftLiterals } from './literals.ts'
import { numberFetches } from './plan-description.ts'
import { createPlanKeysOf, type PlanKeys } from './plan-keys.ts'
import { createPlanTelling, type PlanTelling } from './plan-telling.ts'
import { createValuesOf, freeVariables, type ValuesOf } from './plan-variables.ts'

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
  readonly tell: PlanTelling
  /** What it takes to remember the plan, about. */
  readonly bytes: number
}

const maxPlanBytes = 96 * 1024 * 1024
// n.b. measured: 1.2 to 1.6 kB for each selection
const bytesPerSelection = 1_600
// n.b. the code that writes a selection has about 100 characters; V8 keeps them, and byte and machine code
const bytesPerWritten = 1_000
// n.b. measured: 4.3 kB for each text in a regular expression that recognizes answers
const bytesPerRecognized = 4_300
const maxUnrestrictedBytes = 4 * 1024 * 1024
const maxLiteralBytes = 16 * 1024 * 1024
const maxPlanKeys = 8
// n.b. measured: planning takes up to 0.1 ms for each; the largest recorded operation has 58
const maxSelectionsHere = 60
const bytesPerPlanKey = 300

/** A plan, and the values of its variables: those of the client's, and an operation's literals. */
export type PlannedOperation = { readonly plan: OperationPlan; readonly valuesOf: ValuesOf }

/** Which plans an operation has. */
type Lifted = {
  readonly valuesOf: ValuesOf
  readonly shared: string
  /** Under which keys plans were found, by the keys of authorities. */
  readonly planKeys: Map<string, string>
  readonly bytes: number
}

/**
 * Plans each operation once, and once more for each authority that may not have all of it; operations that differ in their
 * literals alone are one. What is new waits for its turn; with a planner in the background, large operations leave the turns
 * to others while they are planned.
 */
export const createPlanner = (
  supergraph: LoadedSupergraph,
  clients: FetchParts['clients'],
  queue: Pick<ClientQueue, 'run'>,
  background?: Pick<BackgroundPlanner, 'plan'>,
) => {
  const isForbidden = createIsForbidden(supergraph.schema, supergraph.requirements)
  const plans = createCache<OperationPlan>({ maxBytes: maxPlanBytes, sizeOf: plan => plan.bytes })
  const lifted = createCache<Lifted>({ maxBytes: maxLiteralBytes, sizeOf: ({ bytes }) => bytes })
  /** n.b. of a known document an operation comes as the same object each time; a plan lives no longer than in its cache. */
  const remembered = new WeakMap<ClientOperation, Lifted>()
  /** Operations and authorities that may have all of them. */
  const unrestricted = createCache<true>({ maxBytes: maxUnrestrictedBytes, sizeOf: () => 0 })
  let asked = 0
  let planned = 0
  const planKeysOf = createPlanKeysOf(supergraph.supergraphSchema)

  const recall = (operation: ClientOperation): Lifted | undefined => {
    const known = lifted.get(textKeyOf(operation))
    if (known !== undefined) remembered.set(operation, known)
    return known
  }

  const find = (operation: ClientOperation, { key: authority }: Authority): PlannedOperation | undefined => {
    const known = remembered.get(operation) ?? recall(operation)
    if (known === undefined) return undefined
    const { shared, planKeys, valuesOf } = known
    const before = planKeys.get(authority)
    if (before !== undefined) {
      const plan = plans.get(before)
      return plan && { plan, valuesOf }
    }
    const key = unrestricted.get(`${shared} ${authority}`) ? shared : `${shared} ${authority}`
    const plan = plans.get(key)
    if (plan === undefined) return undefined
    if (planKeys.size === maxPlanKeys) planKeys.clear()
    planKeys.set(authority, key)
    return { plan, valuesOf }
  }

  const plan = (
    operation: ClientOperation,
    authority: Authority,
    client: OperationClient,
  ): PlannedOperation | Promise<PlannedOperation> => {
    const { renamed, ...freed } = freeVariables(operation)
    const { values, ...shareable } = liftLiterals(supergraph.schema, freed)
    const shared = hash('sha256', print(shareable.document))
    const bytes = bytesOfText(operation.query) + maxPlanKeys * bytesPerPlanKey
    const valuesOf = createValuesOf(renamed, values)
    const known: Lifted = { shared, valuesOf, planKeys: new Map(), bytes }
    lifted.set(textKeyOf(operation), known)
    remembered.set(operation, known)
    const found = find(operation, authority)
    if (found !== undefined) return found
    const made = planAnew({ ...operation, ...shareable }, { authority, shared, client })
    return made instanceof Promise ? made.then(plan => ({ plan, valuesOf })) : { plan: made, valuesOf }
  }

  const planAnew = (
    operation: ClientOperation,
    {
      authority,
      shared,
      client,
    }: { readonly authority: Authority; readonly shared: string; readonly client: OperationClient },
  ): OperationPlan | Promise<OperationPlan> => {
    const marked = markForbidden(supergraph.schema, isForbidden, operation, authority)
    const restriction = restrictionOf(operation.operation, marked)
    if (restriction === undefined) unrestricted.set(`${shared} ${authority.key}`, true)
    const key = restriction === undefined ? shared : `${shared} ${authority.key}`
    const known = plans.get(key)
    if (known !== undefined) return known
    const keys = planKeysOf(operation.document)
    const keep = (node: PlannedNode): OperationPlan => {
      planned += 1
      const plan = makePlan({ supergraph, clients, keys }, { operation, restriction, node })
      const { maxWriters, maxPatterns } = plan.compiled
      const bytesEach = bytesPerSelection + bytesPerWritten * maxWriters + bytesPerRecognized * maxPatterns
      const bytes = marked.size * bytesEach + bytesOfDocument(operation.document)
      const made = { ...plan, bytes }
      plans.set(key, made)
      return made
    }
    const permitted = restriction === undefined ? operation.document : restriction.permitted
    if (permitted === undefined) return keep(undefined)
    const document = keys.rename(permitted)
    const { operationName } = operation
    const planHere = () => keep(planDocument(supergraph, document, operationName))
    if (marked.size <= maxSelectionsHere) return planHere()
    const underWay = background?.plan({ key, text: print(document), operationName }, client)
    if (underWay === undefined) return planHere()
    return underWay.then(answer =>
      queue.run(client, () => plans.get(key) ?? (answer === 'failed' ? planHere() : keep(answer.node))),
    )
  }

  /** n.b. what is known is given at once, without a promise. */
  const planFor = (
    operation: ClientOperation,
    authority: Authority,
    client: OperationClient,
  ): PlannedOperation | Promise<PlannedOperation> => {
    asked += 1
    return (
      find(operation, authority) ??
      queue.run(client, () => find(operation, authority) ?? plan(operation, authority, client))
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
): Omit<OperationPlan, 'bytes'> => {
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
    tell: createPlanTelling({ steps, numbers, events, document, schema, keys }),
  }
}
