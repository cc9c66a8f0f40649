import type { CheckedGraph } from '@supergraph/composition/check.ts'
import type { Subgraph } from '@supergraph/composition/composition.ts'
import type { DataSource } from 'typeorm'
import type { Composer } from './composer/composer.ts'
import { addCheck, type CheckOutcome } from './database/check-store.ts'
import type { Variant } from './database/graph-store.ts'
import { readOperations } from './database/operation-store.ts'
import { readSubgraphs, readSupergraph } from './database/version-store.ts'
import type { GraphRef } from './graph-ref.ts'

type Services = { readonly database: DataSource; readonly composer: Composer }

/** A subgraph that somebody wants to publish. */
type Proposal = {
  readonly ref: GraphRef
  readonly variant: Variant
  readonly subgraph: Pick<Subgraph, 'name' | 'sdl'>
}

/**
 * Checks what a variant would be with a subgraph as it is proposed, against the supergraph that is served; keeps the
 * outcome, and returns its id.
 */
export const checkSubgraph = async (services: Services, proposal: Proposal): Promise<string> => {
  const outcome = await findOutcome(services, proposal)
  const { ref, subgraph } = proposal
  return addCheck(services.database, { ...ref, subgraph: subgraph.name, outcome })
}

const findOutcome = async (
  { database, composer }: Services,
  { ref, variant, subgraph }: Proposal,
): Promise<CheckOutcome> => {
  const before = await readSubgraphs(database, ref, variant.latest)
  const subgraphs = withProposed(before, subgraph)
  const composition = await composer.compose(subgraphs)
  if (composition.kind === 'failed')
    return {
      errors: composition.errors,
      findings: [],
      lint: [],
      custom: [],
      changesSupergraph: false,
      operationCount: 0,
    }
  const operations = await readOperations(database, ref.graph)
  const served = variant.served === null ? undefined : await readSupergraph(database, ref, variant.served)
  const base: CheckedGraph | undefined = served && {
    subgraphs: before,
    composition: { kind: 'composed', supergraph: served.supergraph, api: served.api, hints: [] },
    operations: [],
  }
  const { changes, lint, blastRadius } = await composer.check({ subgraphs, composition, operations }, base)
  return {
    errors: [],
    findings: changes,
    lint,
    custom: blastRadius,
    changesSupergraph: composition.supergraph !== served?.supergraph,
    operationCount: operations.length,
  }
}

const withProposed = (
  before: readonly Subgraph[],
  { name, sdl }: Proposal['subgraph'],
): readonly Subgraph[] => {
  const known = before.find(subgraph => subgraph.name === name)
  return [...before.filter(subgraph => subgraph !== known), { name, sdl, url: known?.url ?? '' }]
}
