import { createRequire } from 'node:module'
import { z } from 'zod'

/** The version of federation by which subgraphs are composed here, such as `2.14.4`. */
export const federationVersion = z
  .object({ version: z.string() })
  .parse(createRequire(import.meta.url)('@apollo/composition/package.json')).version
