import type { IncomingMessage } from 'node:http'
import { BadRequest, readJson } from '@supergraph/runtime/request-body.ts'
import { readTarget } from '@supergraph/runtime/request-target.ts'
import type { SubscribePayload } from 'graphql-ws'
import { z } from 'zod'

type BeforeParsing = (body: Uint8Array) => void | Promise<void>

const maxBodyBytes = 256 * 1024
const tokenNames = ['authorization', 'access_token', 'accesstoken', 'token']
const noOperation = 'The request holds no operation: send {"query": "…"} as application/json.'

const values = z.record(z.string(), z.unknown()).nullish()
const operation = z
  .object({
    query: z
      .string()
      .nullish()
      .transform(text => text ?? ''),
    operationName: z.string().nullish(),
    variables: values,
    extensions: values,
  })
  .refine(({ query, extensions }) => query !== '' || extensions?.persistedQuery !== undefined)

/**
 * Reads the operation of a GET or a POST. Throws BadRequest 400 if there is none or a token is in the URL, 413 and 415 for
 * a body that is too large or not JSON, and what `beforeParsing` throws for a body.
 */
export const readOperation = async (
  request: IncomingMessage,
  beforeParsing: BeforeParsing,
): Promise<SubscribePayload> => {
  const search = new URLSearchParams(readTarget(request).search)
  if ([...search.keys()].some(name => tokenNames.includes(name.toLowerCase())))
    throw new BadRequest(400, 'A URL is kept in logs: send the access token in the header Authorization.')
  const sent = request.method === 'GET' ? inSearch(search) : await inBody(request, beforeParsing)
  const parsed = operation.safeParse(sent)
  if (!parsed.success) throw new BadRequest(400, noOperation)
  return parsed.data
}

// n.b. a page of another site can send any other type unasked
const inBody = (request: IncomingMessage, beforeParsing: BeforeParsing) => {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';')
  if (type.trim().toLowerCase() !== 'application/json') throw new BadRequest(415, noOperation)
  return readJson(request, maxBodyBytes, beforeParsing)
}

const inSearch = (search: URLSearchParams) => ({
  query: search.get('query'),
  operationName: search.get('operationName'),
  variables: jsonIn(search, 'variables'),
  extensions: jsonIn(search, 'extensions'),
})

const jsonIn = (search: URLSearchParams, name: string): unknown => {
  const text = search.get(name)
  if (text === null || text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    throw new BadRequest(400, `"${name}" is not JSON.`)
  }
}
