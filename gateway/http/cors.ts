import type { IncomingMessage, ServerResponse } from 'node:http'
import { isLoopback } from '@supergraph/runtime/hosts.ts'
import { sendGraphQLError } from '@supergraph/runtime/http.ts'

const preflightMaxAgeSeconds = 600
const defaultHeaders = 'content-type, authorization'
const readableHeaders = 'retry-after, www-authenticate'

/** Which pages of other origins may use the gateway. */
export type Cors = ReturnType<typeof createCors>

/**
 * Lets pages of these origins use the gateway, in development those on loopback too, and no others; a request that comes
 * from no page has no origin. Credentials may be included, since the gateway takes nothing from a cookie.
 */
export const createCors = ({
  origins,
  isDevelopment,
}: {
  readonly origins: readonly string[]
  readonly isDevelopment: boolean
}) => {
  const listed = new Set(origins)
  const isAllowed = (origin: string): boolean => listed.has(origin) || (isDevelopment && isOnLoopback(origin))

  /** The headers for a page of this origin, names and values in turn. */
  const headersFor = (origin: string | undefined): readonly string[] =>
    origin === undefined || !isAllowed(origin)
      ? []
      : [
          ...['access-control-allow-origin', origin],
          ...['access-control-allow-credentials', 'true'],
          ...['access-control-expose-headers', readableHeaders],
        ]

  /** Sets the headers for an allowed origin. */
  const allow = ({ headers }: IncomingMessage, response: ServerResponse): void => {
    response.setHeader('vary', 'Origin')
    const pairs = headersFor(headers.origin)
    for (let at = 0; at < pairs.length; at += 2) response.setHeader(pairs[at] ?? '', pairs[at + 1] ?? '')
  }

  return {
    headersFor,
    allow,

    /** Answers a preflight; true if the request was one. */
    answerPreflight: (request: IncomingMessage, response: ServerResponse): boolean => {
      const { origin } = request.headers
      const isPreflight =
        request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined
      if (!isPreflight || origin === undefined) return false
      if (isAllowed(origin)) answerPreflight(request, response)
      else sendGraphQLError(response, 403, 'FORBIDDEN', refusalOf(origin))
      return true
    },

    /** Whether a page may open a socket: browsers do not apply CORS to sockets. */
    mayConnect: ({ headers: { origin, host } }: IncomingMessage): boolean =>
      origin === undefined ||
      isAllowed(origin) ||
      (URL.canParse(origin) && new URL(origin).host === host?.toLowerCase()),
  }
}

const answerPreflight = ({ headers }: IncomingMessage, response: ServerResponse): void => {
  response.setHeader('access-control-allow-methods', 'GET, HEAD, POST')
  response.setHeader(
    'access-control-allow-headers',
    headers['access-control-request-headers'] ?? defaultHeaders,
  )
  response.setHeader('access-control-max-age', preflightMaxAgeSeconds)
  response.writeHead(204).end()
}

const refusalOf = (origin: string): string =>
  `Pages of ${origin} may not use this API: add the origin to CORS_ORIGINS.`

const isOnLoopback = (origin: string): boolean => {
  const { protocol, hostname } = URL.parse(origin) ?? {}
  return (protocol === 'http:' || protocol === 'https:') && isLoopback(hostname ?? '')
}
