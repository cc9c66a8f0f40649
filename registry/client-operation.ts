import { hash } from 'node:crypto'
import { operationNames } from '@supergraph/composition/graph-changes.ts'
import type { ClientOperation } from './database/operation-store.ts'
import { parseGraphql } from './parse-graphql.ts'

/** An operation as it is recorded: under the SHA-256 of its text; throws a Refusal if the text is no GraphQL. */
export const toClientOperation = (body: string): ClientOperation => ({
  id: hash('sha256', body),
  name: operationNames(parseGraphql({ what: 'an operation', text: body }), 'unnamed'),
  body,
})
