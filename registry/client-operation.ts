import { createHash } from 'node:crypto'
import { Kind } from 'graphql'
import type { ClientOperation } from './database/operation-store.ts'
import { parseGraphql } from './parse-graphql.ts'

/** An operation as it is recorded: under the SHA-256 of its text; throws a Refusal if the text is no GraphQL. */
export const toClientOperation = (body: string): ClientOperation => ({
  id: createHash('sha256').update(body).digest('hex'),
  name: nameOf(body),
  body,
})

/** The names of the operations in a document, or `unnamed`. */
const nameOf = (body: string): string => {
  const names = parseGraphql({ what: 'an operation', text: body }).definitions.flatMap(definition =>
    definition.kind === Kind.OPERATION_DEFINITION && definition.name ? [definition.name.value] : [],
  )
  return names.join(', ') || 'unnamed'
}
