import { type Composition, composeSubgraphs } from '@supergraph/composition/composition.ts'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'

const roverConfig = z.object({
  federation_version: z.string(),
  subgraphs: z.record(
    z.string(),
    z.object({ routing_url: z.string(), schema: z.object({ file: z.string() }) }),
  ),
})

/**
 * Composes the subgraphs that `rover.yaml` names; `read` returns a file's text by its path in the repository,
 * from the working tree or from any commit.
 */
export const composeSupergraph = (read: (path: string) => string): Composition => {
  const { subgraphs } = roverConfig.parse(parseYaml(read('rover.yaml')))
  return composeSubgraphs(
    Object.entries(subgraphs).map(([name, { routing_url, schema }]) => ({
      name,
      url: routing_url,
      sdl: read(schema.file),
    })),
  )
}
