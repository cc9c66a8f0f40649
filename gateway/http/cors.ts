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

  return {
    /** Sets the headers for an allowed origin; true if the request was a preflight, which is then answered. */
    answer: (request: IncomingMessage, response: ServerResponse): boolean => {
      const { origin } = request.headers
      response.setHeader('vary', 'Origin')
      const isPreflight =
        request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined
      if (origin === undefined) return false
      if (isAllowed(origin)) {
        response.setHeader('access-control-allow-origin', origin)
        response.setHeader('access-control-allow-credentials', 'true')
        response.setHeader('access-control-expose-headers', readableHeaders)
      }
      if (!isPreflight) return false
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
