import { z } from 'zod'
import { listVariants, type Variant } from '../database/graph-store.ts'
import { readSubgraphs, readSupergraph, readVersion, type StoredSubgraph } from '../database/version-store.ts'
import type { GraphRef } from '../graph-ref.ts'
import { Refusal } from '../refusal.ts'
import { operationList } from './persisted-queries.ts'
import type { Services } from './services.ts'

const byName = z.object({ name: z.string() })

/** A variant; throws a Refusal that names the others if there is none of this name. */
export const findVariant = async (
  { database }: Pick<Services, 'database'>,
  { graph, variant }: GraphRef,
): Promise<Variant> => {
  const variants = await listVariants(database, graph)
  const found = variants.find(({ name }) => name === variant)
  if (found !== undefined) return found
  const others =
    variants.length === 0
      ? 'it has none yet: rover subgraph publish makes one'
      : `it has ${variants.map(({ name }) => name).join(', ')}`
  throw new Refusal('NOT_FOUND', `the graph ${graph} has no variant ${variant}; ${others}`)
}

/** A GraphVariant of the API. */
export const createVariant = ({ database }: Services, graph: string, { name, latest, served }: Variant) => {
  const ref = { graph, variant: name }
  const readServed = () => (served === null ? undefined : readSupergraph(database, ref, served))
  return {
    __typename: 'GraphVariant',
    name,
    subgraphs: async () => (await readSubgraphs(database, ref, latest)).map(toSubgraph),
    subgraph: async (given: unknown) => {
      const wanted = byName.parse(given).name
      const found = (await readSubgraphs(database, ref, latest)).find(subgraph => subgraph.name === wanted)
      return found && toSubgraph(found)
    },
    latestPublication: async () => {
      const supergraph = await readServed()
      return supergraph && { schema: { document: supergraph.api } }
    },
    latestLaunch: async () => {
      const version = await readVersion(database, ref, latest)
      return { buildInput: { version: version?.federation } }
    },
    latestApprovedLaunch: async () => {
      const supergraph = await readServed()
      if (supergraph !== undefined)
        return {
          build: {
            result: { __typename: 'BuildSuccess', coreSchema: { coreDocument: supergraph.supergraph } },
          },
        }
      const version = await readVersion(database, ref, latest)
      return { build: { result: { __typename: 'BuildFailure', errorMessages: version?.errors ?? [] } } }
    },
    persistedQueryList: operationList,
  }
}

const toSubgraph = ({ name, url, sdl, updatedAt }: StoredSubgraph) => ({
  name,
  url,
  updatedAt: updatedAt.toISOString(),
  activePartialSchema: { sdl },
})
