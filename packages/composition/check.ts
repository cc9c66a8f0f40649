import { findBlastRadius } from './blast-radius.ts'
import type { Finding } from './finding.ts'
import { checkGraph, type Graph } from './graph-check.ts'
import { type ComposedSubgraphs, lintChanges, type SubgraphLintFinding } from './lint-changes.ts'

/** Subgraphs, what they compose to, and the operations that their clients are known to send. */
export type CheckedGraph = Graph & ComposedSubgraphs

/** What a check says of a graph and the one that would follow it. */
export type CheckReport = {
  /** Whether it composes, what changed for clients, and which operations break. */
  readonly changes: readonly Finding[]
  /** What the change adds that readers of the schema or its users will stumble over. */
  readonly lint: readonly SubgraphLintFinding[]
  /** What becomes of the operations that do not break: more requests, or an answer that one outage takes away. */
  readonly blastRadius: readonly Finding[]
}

/** Checks a graph against the one that it would follow, if there is one. */
export const check = async (next: CheckedGraph, base: CheckedGraph | undefined): Promise<CheckReport> => ({
  changes: await checkGraph(next, base),
  lint: base === undefined ? [] : lintChanges(next, base),
  blastRadius:
    next.composition.kind === 'composed' && base?.composition.kind === 'composed'
      ? findBlastRadius(base.composition.supergraph, next.composition.supergraph, next.operations)
      : [],
})
