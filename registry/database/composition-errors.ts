import type { CompositionError } from '@supergraph/composition/composition.ts'
import { z } from 'zod'

/** Why subgraphs do not compose, as it is stored. */
export const compositionErrors = z
  .array(
    z.object({
      code: z.string(),
      message: z.string(),
      locations: z.array(z.object({ line: z.int(), column: z.int() })).readonly(),
    }),
  )
  .readonly() satisfies z.ZodType<readonly CompositionError[], unknown>
