import type { IncomingMessage, ServerResponse } from 'node:http'

const preflightMaxAgeSeconds = 600

/** Whether pages of other origins may use the gateway. */
export type Cors = ReturnType<typeof createCors>

/** Lets pages of other origins in, and no others; requests that come from no page carry no origin. */
export const createCors = (origins: readonly string[]) => {
  const allowed = new Set(origins)
  return {
    /** Sets the headers for an allowed origin; true where the request was a preflight and is answered. */
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

    /** Whether a page may open a socket: browsers apply no CORS to sockets, so that the server must. */
    mayConnect: ({ headers: { origin, host } }: IncomingMessage): boolean =>
      origin === undefined || allowed.has(origin) || (URL.canParse(origin) && new URL(origin).host === host),
  }
}
