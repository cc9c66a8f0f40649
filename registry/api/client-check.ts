import { findBrokenOperations } from '@supergraph/composition/graph-changes.ts'
import { buildSchema, NoDeprecatedCustomRule, parse, validate } from 'graphql'
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
export const validateOperations = async ({ database }: Services, ref: GraphRef, given: unknown) => {
  const { operations } = validating.parse(given)
  const served = await findServed(database, ref)
  const supergraph = served === undefined ? undefined : await readSupergraph(database, ref, served)
  const validateOne = supergraph === undefined ? () => [nothingServed(ref)] : createValidate(supergraph.api)
  return {
    validationResults: operations.flatMap(({ name, body }) =>
      validateOne(name, body).map(result => ({ ...result, operation: { name } })),
    ),
  }
}

const nothingServed = (ref: GraphRef) => ({
  type: 'FAILURE',
  code: 'NOTHING_SERVED',
  description: `${textOf(ref)} serves nothing: no publish to it has composed`,
})

const createValidate = (apiSdl: string) => {
  const api = buildSchema(apiSdl)
  return (name: string, body: string) => {
    const broken = findBrokenOperations(api, [{ file: name, text: body }])
    if (broken.length > 0)
      return broken.map(({ code, message }) => ({ type: 'FAILURE', code, description: message }))
    return validate(api, parse(body), [NoDeprecatedCustomRule]).map(({ message }) => ({
      type: 'WARNING',
      code: 'DEPRECATED',
      description: message,
    }))
  }
}
