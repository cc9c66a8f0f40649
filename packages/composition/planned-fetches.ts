import type { FetchNode, PlanNode, QueryPlanSelectionNode } from '@apollo/query-planner'
import { Kind, parse, type SelectionSetNode } from 'graphql'
import type { PlannedNode } from './query-planner.ts'

/** A request to a subgraph, as a plan has it; paths are response names with dots, without the indexes of lists. */
export type PlannedFetch = {
  readonly subgraph: string
  /** What it adds to the answer. */
  readonly provides: readonly string[]
  /** What it needs of the answer so far. */
  readonly requires: readonly string[]
}

/** What a plan costs in requests to subgraphs: all of them, and how many come one after another. */
export type PlanSize = { readonly fetches: number; readonly steps: number }

/** The requests of a plan, none before one that it needs. Of a subscription, they bring one event. */
export const fetchesIn = (plan: PlannedNode): readonly PlannedFetch[] =>
  nodesOf(plan).flatMap(node => collect(node, ''))

/** Measures a plan; of parts that `@skip` and `@include` exclude of each other, the larger. */
export const sizeOfPlan = (plan: PlannedNode): PlanSize =>
  nodesOf(plan).map(measure).reduce(after, { fetches: 0, steps: 0 })

const nodesOf = (plan: PlannedNode): readonly PlanNode[] => {
  if (plan === undefined) return []
  if (plan.kind !== 'Subscription') return [plan]
  return plan.rest === undefined ? [plan.primary] : [plan.primary, plan.rest]
}

const measure = (node: PlanNode): PlanSize => {
  switch (node.kind) {
    case 'Fetch':
      return { fetches: 1, steps: 1 }
    case 'Flatten':
      return measure(node.node)
    case 'Sequence':
      return node.nodes.map(measure).reduce(after)
    case 'Parallel':
      return node.nodes.map(measure).reduce(beside)
    case 'Condition':
      return larger(measureAny(node.ifClause), measureAny(node.elseClause))
    case 'Defer':
      throw new Error('no part of an operation is deferred')
    default:
      return node satisfies never
  }
}

const measureAny = (node: PlanNode | undefined): PlanSize =>
  node === undefined ? { fetches: 0, steps: 0 } : measure(node)

const after = (a: PlanSize, b: PlanSize): PlanSize => ({
  fetches: a.fetches + b.fetches,
  steps: a.steps + b.steps,
})

const beside = (a: PlanSize, b: PlanSize): PlanSize => ({
  fetches: a.fetches + b.fetches,
  steps: Math.max(a.steps, b.steps),
})

const larger = (a: PlanSize, b: PlanSize): PlanSize => ({
  fetches: Math.max(a.fetches, b.fetches),
  steps: Math.max(a.steps, b.steps),
})

const collect = (node: PlanNode, path: string): readonly PlannedFetch[] => {
  switch (node.kind) {
    case 'Fetch':
      return [toFetch(node, path)]
    case 'Flatten':
      return collect(node.node, node.path.reduce<string>(enter, path))
    case 'Sequence':
    case 'Parallel':
      return node.nodes.flatMap(inner => collect(inner, path))
    case 'Condition':
      return [node.ifClause, node.elseClause].flatMap(inner =>
        inner === undefined ? [] : collect(inner, path),
      )
    case 'Defer':
      throw new Error('no part of an operation is deferred')
    default:
      return node satisfies never
  }
}

/** n.b. `@` is each element of a list; a name may carry the types for which it holds, as `node|[User]`. */
const enter = (path: string, part: string | number): string => {
  const name = String(part).replace(/\|\[.*\]$/, '')
  return name === '@' || name === '' ? path : below(path, name)
}

/** The path of a name below another path. */
export const below = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)

const toFetch = ({ serviceName, operation, requires }: FetchNode, path: string): PlannedFetch => {
  const [definition] = parse(operation, { noLocation: true }).definitions
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error('a fetch begins with its operation')
  const ofEntities = definition.selectionSet.selections.find(
    selection => selection.kind === Kind.FIELD && selection.name.value === '_entities',
  )
  const set = ofEntities?.kind === Kind.FIELD ? ofEntities.selectionSet : definition.selectionSet
  return {
    subgraph: serviceName,
    provides: set === undefined ? [] : pathsIn(set, path),
    requires: (requires ?? []).flatMap(node => requiredPaths(node, path)),
  }
}

const pathsIn = ({ selections }: SelectionSetNode, path: string): readonly string[] =>
  selections.flatMap(selection => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return []
    if (selection.kind === Kind.INLINE_FRAGMENT) return pathsIn(selection.selectionSet, path)
    const own = below(path, (selection.alias ?? selection.name).value)
    return selection.selectionSet === undefined ? [own] : [own, ...pathsIn(selection.selectionSet, own)]
  })

const requiredPaths = (node: QueryPlanSelectionNode, path: string): readonly string[] => {
  if (node.kind === 'InlineFragment') return node.selections.flatMap(inner => requiredPaths(inner, path))
  const own = below(path, node.alias ?? node.name)
  const inside = node.selections?.flatMap(inner => requiredPaths(inner, own)) ?? []
  return inside.length === 0 ? [own] : inside
}
