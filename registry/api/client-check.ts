import { z } from 'zod'
import { findServed } from '../database/graph-store.ts'
import { readSupergraph } from '../database/version-store.ts'
import { type GraphRef, textOf } from '../graph-ref.ts'
import type { Services } from './services.ts'

const validating = z.object({ operations: z.array(z.object({ name: z.string(), body: z.string() })) })

/**
 * Validates operations of a client against the API that is served; what is deprecated is told as well. If nothing is served,
 * each operation fails: rover's `client check` shows no errors.
 */
export const validateOperations = async ({ database, composer }: Services, ref: GraphRef, given: unknown) => {
  const { operations } = validating.parse(given)
  const served = await findServed(database, ref)
  const supergraph = served === undefined ? undefined : await readSupergraph(database, ref, served)
  return {
    validationResults:
      supergraph === undefined
        ? operations.map(({ name }) => ({ ...nothingServed(ref), operation: { name } }))
        : await composer.validate({ apiSdl: supergraph.api, operations }),
  }
}

const nothingServed = (ref: GraphRef) => ({
  type: 'FAILURE',
  code: 'NOTHING_SERVED',
  description: `${textOf(ref)} serves nothing: no publish to it has composed`,
})
