import type { IncomingMessage, ServerResponse } from 'node:http'

const preflightMaxAgeSeconds = 600

/** Which pages of other origins may use the gateway. */
export type Cors = ReturnType<typeof createCors>

/** Lets pages of these origins use the gateway, and of no others; a request that comes from no page has no origin. */
export const createCors = (origins: readonly string[]) => {
  const allowed = new Set(origins)
  return {
    /** Sets the headers for an allowed origin; true if the request was a preflight, which is then answered. */
    answer: (request: IncomingMessage, response: ServerResponse): boolean => {
      const { origin } = request.headers
      if (allowed.size > 0) response.setHeader('vary', 'Origin')
      if (origin !== undefined && allowed.has(origin))
        response.setHeader('access-control-allow-origin', origin)
      if (request.method !== 'OPTIONS' || origin === undefined) return false
      if (allowed.has(origin)) {
        response.setHeader('access-control-allow-methods', 'GET, POST')
        response.setHeader(
          'access-control-allow-headers',
          request.headers['access-control-request-headers'] ?? 'content-type, authorization',
        )
        response.setHeader('access-control-max-age', preflightMaxAgeSeconds)
      }
      response.writeHead(204).end()
      return true
    },

    /** Whether a page may open a socket: browsers do not apply CORS to sockets. */
    mayConnect: ({ headers: { origin, host } }: IncomingMessage): boolean =>
      origin === undefined || allowed.has(origin) || (URL.canParse(origin) && new URL(origin).host === host),
  }
}
