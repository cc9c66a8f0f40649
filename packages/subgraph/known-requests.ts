import { hash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isJsonObject } from '@supergraph/runtime/json-object.ts'
import { isPlainJson } from '@supergraph/runtime/request-body.ts'
import type { Operation } from './known-operations.ts'

// n.b. those that Apollo Server answers with application/json
const jsonAccepts: ReadonlySet<string | undefined> = new Set([undefined, 'application/json', '*/*'])
const traceRequestHeader = 'apollo-federation-include-trace'

/** What a POST asks for, if it is in every way regular; undefined if Apollo Server is to read the request. */
export const operationIn = ({ method, headers }: IncomingMessage, body: unknown): Operation | undefined => {
  if (method !== 'POST' || !isPlainJson(headers['content-type']) || !jsonAccepts.has(headers.accept))
    return undefined
  if (headers[traceRequestHeader] !== undefined || !isJsonObject(body)) return undefined
  const { query, operationName, variables, extensions } = body
  if (typeof query !== 'string' || extensions != null) return undefined
  if (operationName != null && typeof operationName !== 'string') return undefined
  if (variables != null && !isJsonObject(variables)) return undefined
  return { queryHash: hash('sha256', query), operationName, variables }
}
