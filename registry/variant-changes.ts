import type { Composition, CompositionError, Subgraph } from '@supergraph/composition/composition.ts'
import { withLongStatements } from '@supergraph/postgres/client.ts'
import type { DataSource, EntityManager } from 'typeorm'
import type { Composer } from './composer/composer.ts'
import { lockVariant, pointVariantAt, type Variant } from './database/graph-store.ts'
import {
  addVersion,
  readShares,
  readSubgraphs,
  readSupergraph,
  readSupergraphHash,
  readVersion,
  type StoredSubgraph,
  type Version,
} from './database/version-store.ts'
import { createFairTurns } from './fair-turns.ts'
import { federationVersion } from './federation-version.ts'
import { type GraphRef, textOf } from './graph-ref.ts'
import { labelsIn, type Shares, withShares } from './override-labels.ts'
import { Refusal } from './refusal.ts'

/** Who makes a version, and why. */
export type Signature = Pick<Version, 'author' | 'message'>

/** What became of a change. */
export type Outcome = {
  /** The number of the latest version. */
  readonly number: number
  readonly errors: readonly CompositionError[]
  /** The hash of the supergraph that is served now; undefined if there is none. */
  readonly served: string | undefined
  /** Whether that is another supergraph than before. */
  readonly hasNewSupergraph: boolean
}

export type VariantChanges = ReturnType<typeof createVariantChanges>

/**
 * Changes variants. Each change is one transaction; those of one process, and those of one variant, come one after another,
 * and graphs take turns.
 * Subgraphs that do not compose become a version as well, with their errors, and the supergraph that was served stays.
 */
export const createVariantChanges = (database: DataSource, composer: Pick<Composer, 'compose'>) => {
  // n.b. who waits holds no connection: other requests need them
  const turns = createFairTurns(maxWaitingOfGraph, 'this graph')
  const inTurn = <T>(ref: GraphRef, signature: Signature, act: (change: Change) => Promise<T>): Promise<T> =>
    turns.run(ref.graph, () =>
      withLongStatements(() =>
        database.transaction(async manager => {
          for (const limit of ['lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout'])
            await manager.query(`set local ${limit} = '${maxWaitSeconds}s'`)
          return act({ manager, ref, signature, variant: await lockVariant(manager, ref) })
        }),
      ),
    )

  const compose = (ref: GraphRef, subgraphs: readonly Subgraph[]): Composition | Promise<Composition> =>
    subgraphs.length === 0
      ? failed('NO_SUBGRAPHS', `${textOf(ref)} would have no subgraph left`)
      : composer.compose(subgraphs)

  const composeVersion = async (
    change: Change,
    what: string,
    subgraphs: readonly StoredSubgraph[],
  ): Promise<Outcome> => {
    const composition = await compose(change.ref, subgraphs)
    return append(change, what, toVersion(subgraphs, composition, await sharesNow(change)))
  }

  return {
    /** Publishes a subgraph. One that is just so already makes no version. Without a `url` it keeps the one that it has. */
    publish: (
      ref: GraphRef,
      { name, url, sdl }: Pick<Subgraph, 'name' | 'sdl'> & { readonly url: string | undefined },
      signature: Signature,
    ): Promise<Outcome & { readonly wasCreated: boolean; readonly wasUpdated: boolean }> =>
      inTurn(ref, signature, async change => {
        const before = await readSubgraphs(change.manager, ref, change.variant.latest)
        const known = before.find(subgraph => subgraph.name === name)
        const published = { name, url: url ?? known?.url ?? '', sdl, updatedAt: new Date() }
        if (known?.sdl === sdl && known.url === published.url)
          return { ...(await unchanged(change)), wasCreated: false, wasUpdated: false }
        const subgraphs = [...before.filter(subgraph => subgraph !== known), published]
        const outcome = await composeVersion(change, `publish ${name}`, subgraphs)
        return { ...outcome, wasCreated: known === undefined, wasUpdated: known !== undefined }
      }),

    /** Publishes these subgraphs together, and removes all others. */
    publishAll: (ref: GraphRef, subgraphs: readonly Subgraph[], signature: Signature): Promise<Outcome> =>
      inTurn(ref, signature, change => {
        const updatedAt = new Date()
        const all = subgraphs.map(subgraph => ({ ...subgraph, updatedAt }))
        return composeVersion(change, `publish ${subgraphs.map(({ name }) => name).join(', ')}`, all)
      }),

    /** Removes a subgraph. */
    remove: (ref: GraphRef, name: string, signature: Signature): Promise<Outcome> =>
      inTurn(ref, signature, async change => {
        const before = await readSubgraphs(change.manager, ref, change.variant.latest)
        return composeVersion(change, `delete ${name}`, without(before, ref, name))
      }),

    /** The errors that `remove` would meet, without doing it. */
    tryToRemove: async (
      ref: GraphRef,
      { latest }: Variant,
      name: string,
    ): Promise<readonly CompositionError[]> => {
      const subgraphs = without(await readSubgraphs(database, ref, latest), ref, name)
      const composition = await compose(ref, subgraphs)
      return composition.kind === 'failed' ? composition.errors : []
    },

    /** Gives a label of `@override` a share of traffic, in percent. A share that it has already makes no version. */
    setShare: (
      ref: GraphRef,
      { label, share }: { readonly label: string; readonly share: number },
      signature: Signature,
    ): Promise<Outcome> =>
      inTurn(ref, signature, async change => {
        const subgraphs = await readSubgraphs(change.manager, ref, change.variant.latest)
        const composition = await compose(ref, subgraphs)
        if (composition.kind === 'failed')
          throw new Refusal(
            'BAD_USER_INPUT',
            `the latest version of ${textOf(ref)} does not compose: publish what mends it, or roll back`,
          )
        const labels = labelsIn(composition.supergraph)
        if (!labels.has(label))
          throw new Refusal(
            'NOT_FOUND',
            `no field of ${textOf(ref)} has the label ${label}; ${named(labels)}`,
          )
        const before = await sharesNow(change)
        if (before.get(label) === share) return unchanged(change)
        const shares = new Map([...before, [label, share]])
        return append(change, `set ${label} to ${share} %`, toVersion(subgraphs, composition, shares))
      }),

    /** Makes a new version that is as an earlier one was, its supergraph byte by byte. */
    rollBack: (ref: GraphRef, to: number, signature: Signature): Promise<Outcome> =>
      inTurn(ref, signature, async change => {
        const { manager, variant } = change
        const version = await readVersion(manager, ref, to)
        if (version === undefined)
          throw new Refusal(
            'NOT_FOUND',
            `${textOf(ref)} has no version ${to}; its latest is ${variant.latest}`,
          )
        const composed = await readSupergraph(manager, ref, to)
        if (composed === undefined)
          throw new Refusal(
            'BAD_USER_INPUT',
            `version ${to} of ${textOf(ref)} does not compose: name another`,
          )
        const subgraphs = await readSubgraphs(manager, ref, to)
        const { federation } = composed
        const { shares } = version
        return append(change, `roll back to ${to}`, { subgraphs, federation, composed, shares, errors: [] })
      }),
  }
}

/** A change under way: it has the variant for itself until the transaction ends. */
type Change = {
  readonly manager: EntityManager
  readonly ref: GraphRef
  readonly variant: Variant
  readonly signature: Signature
}

const maxWaitingOfGraph = 100
// n.b. composition holds the transaction, and other changes of the variant wait for it
const maxWaitSeconds = 120

/** What a version is appended with. */
type Appended = Omit<Parameters<typeof addVersion>[2], 'version'> &
  Pick<Version, 'federation' | 'errors' | 'shares'>

const sharesNow = ({ manager, ref, variant }: Change): Promise<Shares> =>
  readShares(manager, ref, variant.latest)

/** n.b. the share of a label that no field has any more is forgotten: who uses the name again begins with nothing. */
const toVersion = (
  subgraphs: readonly StoredSubgraph[],
  composition: Composition,
  before: Shares,
): Appended => {
  const federation = federationVersion
  if (composition.kind === 'failed')
    return { subgraphs, federation, shares: before, composed: undefined, errors: composition.errors }
  const labels = labelsIn(composition.supergraph)
  const shares = new Map([...before].filter(([label]) => labels.has(label)))
  const { api } = composition
  const supergraph = withShares(composition.supergraph, shares)
  return { subgraphs, federation, shares, composed: { supergraph, api }, errors: [] }
}

const append = async (
  { manager, ref, variant, signature }: Change,
  change: string,
  { subgraphs, composed, errors, federation, shares }: Appended,
): Promise<Outcome> => {
  const number = variant.latest + 1
  const version = { number, change, ...signature, federation, errors, shares }
  await addVersion(manager, ref, { version, subgraphs, composed })
  await pointVariantAt(manager, ref, { number, isServed: composed !== undefined })
  const before = await servedHash(manager, ref, variant.served)
  const after = composed === undefined ? before : await servedHash(manager, ref, number)
  return { number, errors, served: after, hasNewSupergraph: before !== after }
}

const unchanged = async ({ manager, ref, variant }: Change): Promise<Outcome> => {
  const version = await readVersion(manager, ref, variant.latest)
  const served = await servedHash(manager, ref, variant.served)
  return { number: variant.latest, errors: version?.errors ?? [], served, hasNewSupergraph: false }
}

const servedHash = async (
  manager: EntityManager,
  ref: GraphRef,
  number: number | null,
): Promise<string | undefined> => (number === null ? undefined : readSupergraphHash(manager, ref, number))

const without = (
  subgraphs: readonly StoredSubgraph[],
  ref: GraphRef,
  name: string,
): readonly StoredSubgraph[] => {
  if (subgraphs.every(subgraph => subgraph.name !== name))
    throw new Refusal('NOT_FOUND', `${textOf(ref)} has no subgraph ${name}; ${inWords(subgraphs)}`)
  return subgraphs.filter(subgraph => subgraph.name !== name)
}

const inWords = (subgraphs: readonly Subgraph[]): string =>
  subgraphs.length === 0 ? 'it has none' : `it has ${subgraphs.map(({ name }) => name).join(', ')}`

const named = (labels: ReadonlySet<string>): string =>
  labels.size === 0 ? 'there is no label to set' : `there are: ${[...labels].sort().join(', ')}`

const failed = (code: string, message: string): Composition => ({
  kind: 'failed',
  errors: [{ code, message, locations: [] }],
})
