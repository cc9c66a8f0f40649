import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ApolloServer, type BaseContext, HeaderMap, type HTTPGraphQLRequest } from '@apollo/server'
import { refuseBody } from './http.ts'
import { BadRequest, readJson } from './request-body.ts'
import { readTarget } from './request-target.ts'

/**
 * The JSON body of a request, undefined if it has none; 'refused' if it can't be read, or is too large, and was answered
 * so. Before it is parsed, `beforeParsing` is awaited, which may throw; before it is refused, `beforeRefusal` is called.
 */
export const readOrRefuse = async (
  request: IncomingMessage,
  response: ServerResponse,
  {
    maxBodyBytes,
    beforeParsing,
    beforeRefusal,
  }: {
    readonly maxBodyBytes: number
    readonly beforeParsing?: (body: Uint8Array) => void | Promise<void>
    readonly beforeRefusal?: () => void
  },
): Promise<{ readonly body: unknown } | 'refused'> => {
  try {
    return { body: await readJson(request, maxBodyBytes, beforeParsing) }
  } catch (error) {
    if (!(error instanceof BadRequest)) throw error
    beforeRefusal?.()
    refuseBody(request, response, error.status, error.message)
    return 'refused'
  }
}

/** Answers one HTTP request, whose body has been read, with Apollo Server; `send` sends the answer's body, if that is not to go as it is. */
export const answerWithApollo = async <C extends BaseContext>(
  apollo: ApolloServer<C>,
  request: IncomingMessage,
  response: ServerResponse,
  {
    body,
    context,
    send = text => void response.end(text),
  }: {
    readonly body: unknown
    readonly context: (sent: HTTPGraphQLRequest) => Promise<C>
    readonly send?: (text: string) => void | Promise<void>
  },
): Promise<void> => {
  const headers = new HeaderMap()
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  const httpGraphQLRequest = {
    // n.b. Node leaves the body out of the answer to a HEAD
    method: request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET'),
    headers,
    search: readTarget(request).search,
    body,
  }
  const answer = await apollo.executeHTTPGraphQLRequest({
    httpGraphQLRequest,
    context: () => context(httpGraphQLRequest),
  })
  for (const [name, value] of answer.headers) response.setHeader(name, value)
  response.statusCode = answer.status ?? 200
  if (answer.body.kind === 'complete') return send(answer.body.string)
  for await (const chunk of answer.body.asyncIterator) response.write(chunk)
  response.end()
}
