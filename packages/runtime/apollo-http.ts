import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ApolloServer, type BaseContext, HeaderMap, type HTTPGraphQLRequest } from '@apollo/server'
import { BadRequest, readJson, sendGraphQLError } from './http.ts'

/** Answers one HTTP request with Apollo Server; a body past `maxBodyBytes` is 413, one that is no JSON 400. */
export const answerWithApollo = async <C extends BaseContext>(
  apollo: ApolloServer<C>,
  request: IncomingMessage,
  response: ServerResponse,
  {
    maxBodyBytes,
    context,
  }: { readonly maxBodyBytes: number; readonly context: (sent: HTTPGraphQLRequest) => Promise<C> },
): Promise<void> => {
  let body: unknown
  try {
    body = await readJson(request, maxBodyBytes)
  } catch (error) {
    if (!(error instanceof BadRequest)) throw error
    response.setHeader('connection', 'close')
    sendGraphQLError(response, error.status, 'BAD_REQUEST', error.message)
    return
  }
  const headers = new HeaderMap()
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  const httpGraphQLRequest = {
    method: request.method ?? 'GET',
    headers,
    search: new URL(request.url ?? '/', 'http://localhost').search,
    body,
  }
  const answer = await apollo.executeHTTPGraphQLRequest({
    httpGraphQLRequest,
    context: () => context(httpGraphQLRequest),
  })
  for (const [name, value] of answer.headers) response.setHeader(name, value)
  response.statusCode = answer.status ?? 200
  if (answer.body.kind === 'complete') {
    response.end(answer.body.string)
    return
  }
  for await (const chunk of answer.body.asyncIterator) response.write(chunk)
  response.end()
}
