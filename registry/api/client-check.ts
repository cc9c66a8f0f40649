import { findBrokenOperations } from '@supergraph/composition/graph-changes.ts'
import { buildSchema, NoDeprecatedCustomRule, parse, validate } from 'graphql'
import { z } from 'zod'
import { findServed } from '../database/graph-store.ts'
import { readSupergraph } from '../database/version-store.ts'
import type { GraphRef } from '../graph-ref.ts'
import { textOf } from '../graph-ref.ts'
import { Refusal } from '../refusal.ts'
import type { Services } from './services.ts'

const validating = z.object({ operations: z.array(z.object({ name: z.string(), body: z.string() })) })

/** Validates operations of a client against the API that is served; what is deprecated is told as well. */
export const validateOperations = async ({ database }: Services, ref: GraphRef, given: unknown) => {
  const served = await findServed(database, ref)
  const supergraph = served === undefined ? undefined : await readSupergraph(database, ref, served)
  if (supergraph === undefined)
    throw new Refusal('NOT_FOUND', `${textOf(ref)} serves nothing: no publish has composed`)
  const api = buildSchema(supergraph.api)
  const { operations } = validating.parse(given)
  return {
    validationResults: operations.flatMap(({ name, body }) => {
      const result = { operation: { name } }
      const broken = findBrokenOperations(api, [{ file: name, text: body }])
      if (broken.length > 0)
        return broken.map(({ code, message }) => ({ ...result, type: 'FAILURE', code, description: message }))
      return validate(api, parse(body), [NoDeprecatedCustomRule]).map(({ message }) => ({
        ...result,
        type: 'WARNING',
        code: 'DEPRECATED',
        description: message,
      }))
    }),
  }
}
