import type { IncomingMessage, ServerResponse } from 'node:http'
import { runInSpan, runInTrace, traceHeader } from '@supergraph/runtime/trace-context.ts'
import { fixAttributes } from './attributes.ts'
import { clientNamesIn, tellClient } from './client.ts'
import type { Span } from './span.ts'
import { startTrace } from './spans.ts'

const operationPath = /^(?:https?:\/\/[^/]+)?\/graphql(?:\?|$)/
const byMethod = {
  GET: fixAttributes({ 'http.request.method': 'GET', 'http.route': '/graphql' }),
  POST: fixAttributes({ 'http.request.method': 'POST', 'http.route': '/graphql' }),
}

/**
 * Runs what answers a request in a span of its own, of the trace that the request names or of a new one. What is sent to
 * `/graphql` is recorded; an answer that is a stream of events ends its span itself, or when it closes.
 */
export const inRequestSpan = (
  service: string,
  request: IncomingMessage,
  response: ServerResponse,
  task: () => Promise<void>,
): Promise<void> => {
  const { method, headers, url = '' } = request
  const start = { name: `${method} /graphql`, kind: 'server', service } as const
  const span = operationPath.test(url) ? startTrace(headers[traceHeader], start) : undefined
  if (span === undefined) return runInTrace(headers[traceHeader], task)
  if (method === 'POST' || method === 'GET') span.add(byMethod[method])
  tellClient(span, clientNamesIn(headers))
  if (headers.accept?.includes('text/event-stream')) {
    response.once('close', () => span.end())
    return runInSpan(span, task)
  }
  return runInSpan(span, task).finally(() => end(span, start.name, response))
}

const end = (span: Span, firstName: string, { statusCode }: ServerResponse): void => {
  span.set('http.response.status_code', statusCode)
  if (statusCode >= 500) span.fail(String(statusCode))
  // n.b. a page for people, or a question of a browser's
  if (span.name === firstName && statusCode < 400) span.trace.isDropped = true
  span.end()
}
