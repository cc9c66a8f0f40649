import { hash } from 'node:crypto'
import { operationNames } from '@supergraph/composition/graph-changes.ts'
import type { ClientOperation } from './database/operation-store.ts'
import { parseGraphql } from './parse-graphql.ts'
import { Refusal } from './refusal.ts'
import { problemOfText } from './stored-text.ts'

/** An operation as it is recorded: under the SHA-256 of its text; throws a Refusal if the text is no GraphQL, or can't be kept. */
export const toClientOperation = (body: string): ClientOperation => {
  const problem = problemOfText(body)
  if (problem !== undefined) throw new Refusal('BAD_USER_INPUT', `an operation can't be kept: ${problem}`)
  const name = operationNames(parseGraphql({ what: 'an operation', text: body }), 'unnamed')
  return { id: hash('sha256', body), name, body }
}
