import { hash } from 'node:crypto'
import { type PlannedNode, planDocument } from '@supergraph/composition/query-planner.ts'
import { bytesOfText, createCache } from '@supergraph/runtime/cache.ts'
import { bytesOfDocument } from '@supergraph/runtime/documents.ts'
import { print } from 'graphql'
import type { Authority } from '../authorization/authority.ts'
import { createIsForbidden } from '../authorization/forbidden-fields.ts'
import { restrictionOf } from '../authorization/restriction.ts'
import { type ClientOperation, markForbidden } from '../authorization/selections.ts'
import type { OperationClient } from '../subgraphs/call.ts'
import type { LoadedSupergraph } from '../supergraph.ts'
import type { BackgroundPlanner } from './background-planner.ts'
import type { ClientQueue } from './client-queue.ts'
import type { FetchParts } from './compiled/fetch.ts'
import { liftLiterals } from './literals.ts'
import { makePlan, type OperationPlan } from './make-plan.ts'
import {
  chosen,
  createOverrideChoices,
  type Drawer,
  type OverrideChoice,
  type OverrideChoicesOf,
} from './override-choices.ts'
import { createPlanKeysOf } from './plan-keys.ts'
import { createValuesOf, freeVariables, type ValuesOf } from './plan-variables.ts'

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
  readonly choices: ReturnType<OverrideChoicesOf>
  /** Under which keys plans were found, by the keys of authorities and choices. */
  readonly planKeys: Map<string, string>
  readonly bytes: number
}

/** For whom a plan is looked for; the choice is undefined if the operation's choices are not known yet. */
type PlanFor = {
  readonly client: OperationClient
  readonly choice: OverrideChoice | undefined
  readonly drawer: Drawer
}

/**
 * Plans each operation once, and once more for each authority that may not have all of it and for each choice of what its
 * labels of `@override` are; operations that differ in their literals alone are one. What is new waits for its turn; with a planner in the background, large operations leave the turns
 * to others while they are planned.
 */
export const createPlanner = (
  supergraph: LoadedSupergraph,
  clients: FetchParts['clients'],
  queue: Pick<ClientQueue, 'run'>,
  background?: Pick<BackgroundPlanner, 'plan'>,
  choicesOf: OverrideChoicesOf = createOverrideChoices(undefined, new Map()),
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

  const find = (
    { shared, planKeys, valuesOf }: Lifted,
    { key: authority }: Authority,
    { key: labels }: OverrideChoice,
  ): PlannedOperation | undefined => {
    const asked = labels === '' ? authority : `${authority} ${labels}`
    const before = planKeys.get(asked)
    if (before !== undefined) {
      const plan = plans.get(before)
      return plan && { plan, valuesOf }
    }
    const isShared = unrestricted.get(`${shared} ${authority}`)
    const key = planKeyOf(shared, isShared ? undefined : authority, labels)
    const plan = plans.get(key)
    if (plan === undefined) return undefined
    if (planKeys.size === maxPlanKeys) planKeys.clear()
    planKeys.set(asked, key)
    return { plan, valuesOf }
  }

  const plan = (
    operation: ClientOperation,
    authority: Authority,
    { client, choice: drawn, drawer }: PlanFor,
  ): PlannedOperation | Promise<PlannedOperation> => {
    const { renamed, ...freed } = freeVariables(operation)
    const { values, ...shareable } = liftLiterals(supergraph.schema, freed)
    const shared = hash('sha256', print(shareable.document))
    const bytes = bytesOfText(operation.query) + maxPlanKeys * bytesPerPlanKey
    const valuesOf = createValuesOf(renamed, values)
    const known: Lifted = { shared, valuesOf, choices: choicesOf(operation), planKeys: new Map(), bytes }
    lifted.set(textKeyOf(operation), known)
    remembered.set(operation, known)
    const choice = drawn ?? chosen(known.choices, drawer)
    const found = find(known, authority, choice)
    if (found !== undefined) return found
    const made = planAnew({ ...operation, ...shareable }, { authority, shared, choice, client })
    return made instanceof Promise ? made.then(plan => ({ plan, valuesOf })) : { plan: made, valuesOf }
  }

  const planAnew = (
    operation: ClientOperation,
    {
      authority,
      shared,
      choice: { key: labels, on },
      client,
    }: {
      readonly authority: Authority
      readonly shared: string
      readonly choice: OverrideChoice
      readonly client: OperationClient
    },
  ): OperationPlan | Promise<OperationPlan> => {
    const marked = markForbidden(supergraph.schema, isForbidden, operation, authority)
    const restriction = restrictionOf(operation.operation, marked)
    if (restriction === undefined) unrestricted.set(`${shared} ${authority.key}`, true)
    const key = planKeyOf(shared, restriction && authority.key, labels)
    const known = plans.get(key)
    if (known !== undefined) return known
    const keys = planKeysOf(operation.document)
    const keep = (node: PlannedNode): OperationPlan => {
      planned += 1
      const plan = makePlan({ supergraph, clients, keys }, { operation, restriction, node })
      const { maxWriters, maxPatterns } = plan.compiled
      const bytesEach = bytesPerSelection + bytesPerWritten * maxWriters + bytesPerRecognized * maxPatterns
      const bytes = marked.size * bytesEach + bytesOfDocument(operation.document)
      const made = { ...plan, overrides: labels, bytes }
      plans.set(key, made)
      return made
    }
    const permitted = restriction === undefined ? operation.document : restriction.permitted
    if (permitted === undefined) return keep(undefined)
    const document = keys.rename(permitted)
    const { operationName } = operation
    const planHere = () => keep(planDocument(supergraph, document, { operationName, on }))
    if (marked.size <= maxSelectionsHere) return planHere()
    const underWay = background?.plan({ key, text: print(document), operationName, on }, client)
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
    drawer: Drawer = {},
  ): PlannedOperation | Promise<PlannedOperation> => {
    asked += 1
    const known = remembered.get(operation) ?? recall(operation)
    const choice = known && chosen(known.choices, drawer)
    return (
      (known && choice && find(known, authority, choice)) ??
      queue.run(client, () => plan(operation, authority, { client, choice, drawer }))
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

/** n.b. a plan for all has no authority in its key. */
const planKeyOf = (shared: string, authority: string | undefined, labels: string): string =>
  [shared, authority, labels && `with ${labels}`].filter(Boolean).join(' ')
