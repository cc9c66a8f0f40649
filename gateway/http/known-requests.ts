import type { IncomingMessage } from 'node:http'
import { isJsonObject } from '@supergraph/runtime/json-object.ts'
import { isPlainJson } from '@supergraph/runtime/request-body.ts'
import { OperationTypeNode } from 'graphql'
import type { ClientOperation } from '../authorization/selections.ts'
import type { KnownOperations } from '../documents/known-operations.ts'

/** An operation of a known document, and the values for its variables as they came. */
export type KnownRequest = {
  readonly operation: ClientOperation
  readonly variables: Readonly<Record<string, unknown>>
}

/** Finds the text of a persisted query by its hash. */
export type FindPersisted = (sha256Hash: string) => string | undefined

/** What Apollo Sandbox asks for the query plan with. */
export const queryPlanHeader = 'apollo-query-plan-experimental'

const noVariables: KnownRequest['variables'] = {}

/**
 * Finds what a POST asks for, if it is a query or mutation of a known document and in every way regular; undefined if
 * Apollo Server is to read the request.
 */
export const createFindKnown =
  (known: Pick<KnownOperations, 'find'>, findPersisted: FindPersisted) =>
  ({ headers }: IncomingMessage, body: unknown): KnownRequest | undefined => {
    if (!isPlainJson(headers['content-type']) || headers[queryPlanHeader] !== undefined) return undefined
    if (!isJsonObject(body)) return undefined
    const { operationName, variables, extensions } = body
    if (operationName != null && typeof operationName !== 'string') return undefined
    if (variables != null && !isJsonObject(variables)) return undefined
    if (extensions != null && !isJsonObject(extensions)) return undefined
    const query = textIn(body.query, extensions?.persistedQuery, findPersisted)
    const operation = query === undefined ? undefined : known.find(query, operationName)
    return operation === undefined || operation.operation.operation === OperationTypeNode.SUBSCRIPTION
      ? undefined
      : { operation, variables: variables ?? noVariables }
  }

const textIn = (query: unknown, persisted: unknown, findPersisted: FindPersisted): string | undefined => {
  if (!persisted) return typeof query === 'string' ? query : undefined
  // n.b. Apollo Server registers a text that comes with its hash
  if (query != null || !isJsonObject(persisted)) return undefined
  const { version, sha256Hash } = persisted
  return version === 1 && typeof sha256Hash === 'string' ? findPersisted(sha256Hash) : undefined
}
