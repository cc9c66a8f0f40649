import type { CheckedGraph, CheckReport } from '@supergraph/composition/check.ts'
import type { Composition, Subgraph } from '@supergraph/composition/composition.ts'
import type { findMistake, NamedText } from '../parse-graphql.ts'
import type { LiveUsage } from '../usage/live-usage.ts'
import type { lint } from './lint.ts'
import type { validateOperations } from './validate-operations.ts'

/** Work for the thread, by kind. */
export type Work = {
  readonly compose: readonly Subgraph[]
  readonly check: {
    readonly next: CheckedGraph
    readonly base: CheckedGraph | undefined
    /** What clients of the base were seen to run, if that is known. */
    readonly usage: LiveUsage | undefined
  }
  readonly parse: readonly NamedText[]
  readonly lint: Parameters<typeof lint>[0]
  readonly validate: Parameters<typeof validateOperations>[0]
}

/** What comes back from the thread, by the kind of work. */
export type Outcome = {
  readonly compose: Composition
  readonly check: CheckReport
  readonly parse: ReturnType<typeof findMistake>
  readonly lint: ReturnType<typeof lint>
  readonly validate: ReturnType<typeof validateOperations>
}

/** What the thread tells when it takes up work. n.b. it first loads its code, which is not the work's time */
export const begun = 'begun'
