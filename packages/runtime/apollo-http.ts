import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ApolloServer, type BaseContext, HeaderMap, type HTTPGraphQLRequest } from '@apollo/server'
import { refuseBody } from './http.ts'
import { BadRequest, readJson } from './request-body.ts'
import { readTarget } from './request-target.ts'

/** Answers one HTTP request with Apollo Server; `send` sends the body, if it is not to go as it is. */
export const answerWithApollo = async <C extends BaseContext>(
  apollo: ApolloServer<C>,
  request: IncomingMessage,
  response: ServerResponse,
  {
    maxBodyBytes,
    waitForTurn,
    context,
    send = body => void response.end(body),
  }: {
    readonly maxBodyBytes: number
    /** Awaited before a body of so many bytes is parsed. */
    readonly waitForTurn?: (bytes: number) => Promise<void>
    readonly context: (sent: HTTPGraphQLRequest) => Promise<C>
    readonly send?: (body: string) => void | Promise<void>
  },
): Promise<void> => {
  let body: unknown
  try {
    body = await readJson(request, maxBodyBytes, waitForTurn)
  } catch (error) {
    if (!(error instanceof BadRequest)) throw error
    return refuseBody(request, response, error.status, error.message)
  }
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
