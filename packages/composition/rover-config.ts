import { parse } from 'yaml'
import { z } from 'zod'
import type { Subgraph } from './composition.ts'

const roverConfig = z.object({
  federation_version: z.string(),
  subgraphs: z.record(
    z.string(),
    z.object({ routing_url: z.string(), schema: z.object({ file: z.string() }) }),
  ),
})

/** A subgraph, and the file with its SDL. */
export type RoverSubgraph = Subgraph & { readonly file: string }

/** The subgraphs that `rover.yaml` names; `read` returns a file's text by its path beside it. */
export const readRoverConfig = (read: (path: string) => string): readonly RoverSubgraph[] =>
  Object.entries(roverConfig.parse(parse(read('rover.yaml'))).subgraphs).map(
    ([name, { routing_url, schema }]) => ({
      name,
      url: routing_url,
      file: schema.file,
      sdl: read(schema.file),
    }),
  )
