import { createHash } from 'node:crypto'
import { GraphQLError, Kind, parse } from 'graphql'
import type { ClientOperation } from './database/operation-store.ts'
import { Refusal } from './refusal.ts'

/** An operation as it is recorded: under the SHA-256 of its text; throws a Refusal if the text is no GraphQL. */
export const toClientOperation = (body: string): ClientOperation => ({
  id: createHash('sha256').update(body).digest('hex'),
  name: nameOf(body),
  body,
})

/** The names of the operations in a document, or `unnamed`; throws a Refusal if it is no GraphQL. */
export const nameOf = (body: string): string => {
  const names = parseBody(body).definitions.flatMap(definition =>
    definition.kind === Kind.OPERATION_DEFINITION && definition.name ? [definition.name.value] : [],
  )
  return names.join(', ') || 'unnamed'
}

const parseBody = (body: string) => {
  try {
    return parse(body, { noLocation: true })
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    throw new Refusal('BAD_USER_INPUT', `${body.slice(0, 80)} … is no GraphQL: ${error.message}`)
  }
}
