import type { PlanNode } from '@apollo/query-planner'
import { canCombine } from './combined.ts'
import type { IsTrue } from './conditions.ts'
import { compileEntityFetches, compileRootFetch, type FetchAt, type FetchParts } from './fetch.ts'
import type { PlanPath, Step } from './run.ts'

/** What plans are compiled with. */
export type PlanParts = FetchParts & { readonly isTrue: IsTrue }

/** Compiles the part of a plan that begins at a node, for the objects at a path. */
export const compileStep = (node: PlanNode, parts: PlanParts, path: PlanPath = []): Step => {
  switch (node.kind) {
    case 'Fetch':
      return node.requires === undefined
        ? compileRootFetch({ node, path }, parts)
        : compileEntityFetches([{ node, path }], parts)
    case 'Flatten':
      return compileStep(node.node, parts, [...path, ...node.path.map(String)])
    case 'Sequence':
      return inSequence(node.nodes.map(each => compileStep(each, parts, path)))
    case 'Parallel':
      return atOnce(compileParallel(node.nodes, parts, path))
    case 'Condition': {
      const ifTrue = node.ifClause && compileStep(node.ifClause, parts, path)
      const ifFalse = node.elseClause && compileStep(node.elseClause, parts, path)
      return run => (parts.isTrue(node.condition, run.variables) ? ifTrue : ifFalse)?.(run)
    }
    case 'Defer':
      throw new Error('the gateway plans no deferred parts')
    default:
      return node satisfies never
  }
}

/** Runs steps one after the other. */
export const inSequence = (steps: readonly Step[]): Step =>
  steps.length === 1 && steps[0] !== undefined
    ? steps[0]
    : async run => {
        for (const step of steps) await step(run)
      }

/** Runs steps at the same time. */
export const atOnce = (steps: readonly Step[]): Step =>
  steps.length === 1 && steps[0] !== undefined
    ? steps[0]
    : async run => {
        await Promise.all(steps.map(step => step(run)))
      }

/** Fetches of entities from one subgraph become one request. */
const compileParallel = (nodes: readonly PlanNode[], parts: PlanParts, path: PlanPath): readonly Step[] => {
  const steps: Step[] = []
  const bySubgraph = new Map<string, FetchAt[]>()
  for (const node of nodes) {
    const fetch = entityFetchIn(node, path)
    if (fetch === undefined) {
      steps.push(compileStep(node, parts, path))
      continue
    }
    const others = bySubgraph.get(fetch.node.serviceName) ?? []
    bySubgraph.set(fetch.node.serviceName, [...others, fetch])
  }
  for (const fetches of bySubgraph.values()) steps.push(compileEntityFetches(fetches, parts))
  return steps
}

const entityFetchIn = (node: PlanNode, path: PlanPath): FetchAt | undefined => {
  if (node.kind === 'Flatten') return entityFetchIn(node.node, [...path, ...node.path.map(String)])
  return node.kind === 'Fetch' && node.requires !== undefined && canCombine(node) ? { node, path } : undefined
}
