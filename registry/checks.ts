import type { CheckedGraph } from '@supergraph/composition/check.ts'
import type { Subgraph } from '@supergraph/composition/composition.ts'
import type { Finding } from '@supergraph/composition/finding.ts'
import type { DataSource } from 'typeorm'
import type { Composer } from './composer/composer.ts'
import { addCheck, type CheckOutcome } from './database/check-store.ts'
import { readEventsOf, readPublishedEvents } from './database/event-document-store.ts'
import type { Variant } from './database/graph-store.ts'
import { readOperations } from './database/operation-store.ts'
import { readShares, readSubgraphs, readSupergraph } from './database/version-store.ts'
import type { GraphRef } from './graph-ref.ts'
import { withShares } from './override-labels.ts'
import { findLiveUsage, type UsageWindow } from './usage/live-usage.ts'

type Services = { readonly database: DataSource; readonly composer: Composer }

/** A subgraph that somebody wants to publish. */
type Proposal = {
  readonly ref: GraphRef
  readonly variant: Variant
  readonly subgraph: Pick<Subgraph, 'name' | 'sdl'>
  /** Of which commit it is, if that is known. */
  readonly commit: string | undefined
  readonly window: UsageWindow
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
  { ref, variant, subgraph, commit, window }: Proposal,
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
  const shares = await readShares(database, ref, variant.latest)
  const published = await readPublishedEvents(database, ref)
  const events = commit && published ? await readEventsOf(database, ref, commit) : undefined
  const base: CheckedGraph | undefined = served && {
    events: published,
    subgraphs: before,
    composition: { kind: 'composed', supergraph: served.supergraph, api: served.api, hints: [] },
    operations: [],
  }
  const usage = await findLiveUsage(database, ref, window)
  const next = { subgraphs, composition, operations, events }
  const report = await composer.check(next, base, usage)
  return {
    errors: [],
    findings: report.changes,
    lint: report.lint,
    custom: [
      ...report.blastRadius,
      ...report.events,
      ...(published !== undefined && events === undefined ? [eventsNotChecked(commit)] : []),
    ],
    changesSupergraph: withShares(composition.supergraph, shares) !== served?.supergraph,
    operationCount: operations.length + (usage?.operations.length ?? 0),
  }
}

const eventsNotChecked = (commit: string | undefined): Finding => {
  const missing =
    commit === undefined
      ? 'rover names no commit'
      : `no documents were pushed for commit ${commit.slice(0, 12)}`
  const message = `events were not compared, since ${missing}: npm run events:push pushes them`
  return { status: 'WARN', code: 'EVENTS_NOT_CHECKED', path: 'events', message, operations: [] }
}

const withProposed = (
  before: readonly Subgraph[],
  { name, sdl }: Proposal['subgraph'],
): readonly Subgraph[] => {
  const known = before.find(subgraph => subgraph.name === name)
  return [...before.filter(subgraph => subgraph !== known), { name, sdl, url: known?.url ?? '' }]
}
