import { affected, type Executor, row, rows } from '@supergraph/postgres/statements.ts'
import { z } from 'zod'
import type { GraphRef } from '../graph-ref.ts'

const variantRow = z.object({
  name: z.string(),
  /** The number of the latest version. */
  latest: z.int(),
  /** The number of the version whose supergraph is served; null if none has composed yet. */
  served: z.int().nullable(),
})

/** A variant of a graph. */
export type Variant = z.output<typeof variantRow>

const variantColumns = 'variants.name, latest_version as latest, served_version as served'

/** Adds a graph; false if there is one of this name. */
export const addGraph = async (executor: Executor, name: string): Promise<boolean> =>
  (await affected(executor, 'insert into graphs (name) values ($1) on conflict do nothing', [name])) > 0

/** The names of all graphs. */
export const listGraphs = async (executor: Executor): Promise<readonly string[]> =>
  (await rows(executor, z.object({ name: z.string() }), 'select name from graphs order by name')).map(
    ({ name }) => name,
  )

/** The variants of a graph that have a subgraph. */
export const listVariants = (executor: Executor, graph: string): Promise<readonly Variant[]> =>
  rows(
    executor,
    variantRow,
    `select ${variantColumns} from variants where graph = $1 and exists (
       select from version_subgraphs s where s.graph = $1 and s.variant = variants.name and s.number = latest_version
     ) order by name`,
    [graph],
  )

/** The number of the version whose supergraph a variant serves; undefined if it serves none. */
export const findServed = async (
  executor: Executor,
  { graph, variant }: GraphRef,
): Promise<number | undefined> =>
  (
    await row(
      executor,
      z.object({ served: z.int() }),
      `select served_version as served from variants
       where graph = $1 and name = $2 and served_version is not null`,
      [graph, variant],
    )
  )?.served

/** Locks a variant until the transaction ends, so that its changes come one after another; makes it if there is none. */
export const lockVariant = async (executor: Executor, { graph, variant }: GraphRef): Promise<Variant> => {
  await affected(executor, 'insert into variants (graph, name) values ($1, $2) on conflict do nothing', [
    graph,
    variant,
  ])
  const locked = await row(
    executor,
    variantRow,
    `select ${variantColumns} from variants where graph = $1 and name = $2 for update`,
    [graph, variant],
  )
  if (locked === undefined) throw new Error(`the variant ${variant} of ${graph} could not be made`)
  return locked
}

/** Makes a version the latest one of its variant and, unless it does not compose, the one that is served. */
export const pointVariantAt = async (
  executor: Executor,
  { graph, variant }: GraphRef,
  { number, isServed }: { readonly number: number; readonly isServed: boolean },
): Promise<void> => {
  await affected(
    executor,
    `update variants set latest_version = $3, served_version = case when $4 then $3 else served_version end
     where graph = $1 and name = $2`,
    [graph, variant, number, isServed],
  )
}
