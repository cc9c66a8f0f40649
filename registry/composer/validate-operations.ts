import { findBrokenOperations } from '@supergraph/composition/graph-changes.ts'
import { buildSchema, NoDeprecatedCustomRule, parse, validate } from 'graphql'

/** Operations of a client, and the API that they are for. */
export type ClientOperations = {
  readonly apiSdl: string
  readonly operations: readonly { readonly name: string; readonly body: string }[]
}

/** The ValidationResults of the API: why operations are invalid and, if one is valid, what it uses that is deprecated. */
export const validateOperations = ({ apiSdl, operations }: ClientOperations) => {
  const api = buildSchema(apiSdl)
  return operations.flatMap(({ name, body }) => {
    const broken = findBrokenOperations(api, [{ file: name, text: body }])
    const results =
      broken.length > 0
        ? broken.map(({ code, message }) => ({ type: 'FAILURE', code, description: message }))
        : validate(api, parse(body), [NoDeprecatedCustomRule]).map(({ message }) => ({
            type: 'WARNING',
            code: 'DEPRECATED',
            description: message,
          }))
    return results.map(result => ({ ...result, operation: { name } }))
  })
}
