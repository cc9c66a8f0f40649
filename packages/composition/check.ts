import { z } from 'zod'
import { findBlastRadius } from './blast-radius.ts'
import { type EventDocuments, findEventChanges } from './event-changes.ts'
import { type Finding, fail } from './finding.ts'
import { checkGraph, type Graph } from './graph-check.ts'
import { type ComposedSubgraphs, lintChanges, type SubgraphLintFinding } from './lint-changes.ts'

/** Subgraphs, what they compose to, and the operations that their clients are known to send. */
export type CheckedGraph = Graph &
  ComposedSubgraphs & {
    /** The AsyncAPI documents, if they are known. */
    readonly events?: EventDocuments | undefined
  }

/** What a check says of a graph and the one that would follow it. */
export type CheckReport = {
  /** Whether it composes, what changed for clients, and which operations break. */
  readonly changes: readonly Finding[]
  /** What the change adds that readers of the schema or its users will stumble over. */
  readonly lint: readonly SubgraphLintFinding[]
  /** What becomes of the operations that do not break: more requests, or an answer that one outage takes away. */
  readonly blastRadius: readonly Finding[]
  /** What changed for the readers of events, if both graphs have documents of them. */
  readonly events: readonly Finding[]
}

/** Checks a graph against the one that it would follow, if there is one. */
export const check = async (next: CheckedGraph, base: CheckedGraph | undefined): Promise<CheckReport> => ({
  changes: await checkGraph(next, base),
  lint: base === undefined ? [] : lintChanges(next, base),
  blastRadius:
    next.composition.kind === 'composed' && base?.composition.kind === 'composed'
      ? findBlastRadius(base.composition.supergraph, next.composition.supergraph, next.operations)
      : [],
  events: checkEvents(next.events, base?.events),
})

const checkEvents = (
  next: EventDocuments | undefined,
  base: EventDocuments | undefined,
): readonly Finding[] => {
  if (next === undefined || base?.published === undefined) return []
  try {
    return findEventChanges(base, next)
  } catch (error) {
    // n.b. who compares calls itself for each level
    if (error instanceof RangeError)
      return [fail('EVENTS_UNREADABLE', 'schema/asyncapi.yaml', 'has too many levels')]
    if (!(error instanceof z.ZodError)) throw error
    const message = `run npm run asyncapi, and commit what it writes: ${z.prettifyError(error)}`
    return [fail('EVENTS_UNREADABLE', 'schema/asyncapi.yaml', message)]
  }
}
