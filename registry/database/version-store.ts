import type { Subgraph } from '@supergraph/composition/composition.ts'
import { affected, type Executor, row, rows } from '@supergraph/postgres/statements.ts'
import { z } from 'zod'
import type { GraphRef } from '../graph-ref.ts'
import type { Shares } from '../override-labels.ts'
import { compositionErrors } from './composition-errors.ts'
import { keepDocuments } from './documents.ts'

/** A subgraph as a version has it; `updatedAt` is when it was published so. */
export type StoredSubgraph = Subgraph & { readonly updatedAt: Date }

const storedSubgraph = z.object({
  name: z.string(),
  url: z.string(),
  sdl: z.string(),
  updatedAt: z.date(),
}) satisfies z.ZodType<StoredSubgraph, unknown>

const versionRow = z.object({
  number: z.int(),
  createdAt: z.date(),
  /** What was done, such as `publish users`. */
  change: z.string(),
  author: z.string(),
  message: z.string(),
  federation: z.string(),
  errors: compositionErrors,
  /** The shares of its labels of `@override`. */
  shares: z.record(z.string(), z.number()).transform((shares): Shares => new Map(Object.entries(shares))),
})

/** A version of a variant, without its texts. */
export type Version = z.output<typeof versionRow>

const supergraphRow = z.object({
  number: z.int(),
  createdAt: z.date(),
  federation: z.string(),
  supergraph: z.string(),
  api: z.string(),
})

/** The supergraph that a version composes to. */
type StoredSupergraph = z.output<typeof supergraphRow>

const ofVersion = 'graph = $1 and variant = $2 and number = $3'
const versionColumns =
  'number, created_at as "createdAt", change, author, message, federation, errors, shares'

/** The subgraphs of a version, by name. */
export const readSubgraphs = (
  executor: Executor,
  { graph, variant }: GraphRef,
  number: number,
): Promise<readonly StoredSubgraph[]> =>
  rows(
    executor,
    storedSubgraph,
    `select name, url, text as sdl, updated_at as "updatedAt"
     from version_subgraphs join documents on hash = sdl where ${ofVersion} order by name collate "C"`,
    [graph, variant, number],
  )

/** A version; undefined if the variant has none of this number. */
export const readVersion = (
  executor: Executor,
  { graph, variant }: GraphRef,
  number: number,
): Promise<Version | undefined> =>
  row(executor, versionRow, `select ${versionColumns} from versions where ${ofVersion}`, [
    graph,
    variant,
    number,
  ])

/** The shares of the labels of a version; none if there is no version of this number. */
export const readShares = async (executor: Executor, ref: GraphRef, number: number): Promise<Shares> =>
  (await readVersion(executor, ref, number))?.shares ?? new Map<string, number>()

/** The latest versions of a variant, the last first. */
export const listVersions = (
  executor: Executor,
  { graph, variant }: GraphRef,
  limit: number,
): Promise<readonly Version[]> =>
  rows(
    executor,
    versionRow,
    `select ${versionColumns} from versions where graph = $1 and variant = $2 order by number desc limit $3`,
    [graph, variant, limit],
  )

/** The supergraph of a version; undefined if it does not compose, or there is none of this number. */
export const readSupergraph = (
  executor: Executor,
  { graph, variant }: GraphRef,
  number: number,
): Promise<StoredSupergraph | undefined> =>
  row(
    executor,
    supergraphRow,
    `select number, created_at as "createdAt", federation, s.text as supergraph, a.text as api
     from versions join documents s on s.hash = supergraph join documents a on a.hash = api where ${ofVersion}`,
    [graph, variant, number],
  )

/** The hash of the supergraph of a version; undefined as for `readSupergraph`. n.b. its texts may be megabytes */
export const readSupergraphHash = async (
  executor: Executor,
  { graph, variant }: GraphRef,
  number: number,
): Promise<string | undefined> =>
  (
    await row(
      executor,
      z.object({ hash: z.string() }),
      `select supergraph as hash from versions where ${ofVersion} and supergraph is not null`,
      [graph, variant, number],
    )
  )?.hash

/** Adds a version with its subgraphs and what they compose to. */
export const addVersion = async (
  executor: Executor,
  { graph, variant }: GraphRef,
  {
    version: { number, change, author, message, federation, errors, shares },
    subgraphs,
    composed,
  }: {
    readonly version: Omit<Version, 'createdAt'>
    readonly subgraphs: readonly StoredSubgraph[]
    readonly composed: { readonly supergraph: string; readonly api: string } | undefined
  },
): Promise<void> => {
  const texts = composed === undefined ? [] : [composed.supergraph, composed.api]
  const [supergraph = null, api = null] = await keepDocuments(executor, texts)
  await affected(
    executor,
    `insert into versions (graph, variant, number, change, author, message, federation, supergraph, api, errors, shares)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      graph,
      variant,
      number,
      change,
      author,
      message,
      federation,
      supergraph,
      api,
      JSON.stringify(errors),
      JSON.stringify(Object.fromEntries(shares)),
    ],
  )
  const sdls = await keepDocuments(
    executor,
    subgraphs.map(({ sdl }) => sdl),
  )
  await affected(
    executor,
    `insert into version_subgraphs (graph, variant, number, name, url, sdl, updated_at)
     select $1, $2, $3, name, url, sdl, updated_at
     from unnest($4::text[], $5::text[], $6::text[], $7::timestamptz[]) as given (name, url, sdl, updated_at)`,
    [
      graph,
      variant,
      number,
      subgraphs.map(({ name }) => name),
      subgraphs.map(({ url }) => url),
      sdls,
      subgraphs.map(({ updatedAt }) => updatedAt),
    ],
  )
}
