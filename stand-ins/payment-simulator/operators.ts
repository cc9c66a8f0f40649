import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isLoopback } from '@supergraph/runtime/hosts.ts'

/** Why somebody may not use the provider's console: unknown, or sent there by another site. */
export type OperatorRefusal = 'unknown' | 'foreign'

/**
 * Whether a request may use the provider's console: from a browser on this machine, or with the key of the API, as a bearer
 * token or as the user name of basic authentication. What a browser sends to change something has to come from the console itself.
 */
export const refuseOperator = (request: IncomingMessage, apiKey: string): OperatorRefusal | undefined => {
  const { authorization } = request.headers
  if (isSame(authorization, `Bearer ${apiKey}`)) return undefined
  const isKnown = isLocal(request) || isSame(userOf(authorization), apiKey)
  if (!isKnown) return 'unknown'
  // n.b. a browser sends what it was once told, even for a page of another site
  return isReading(request) || isFromHere(request) ? undefined : 'foreign'
}

const isReading = ({ method }: IncomingMessage): boolean => method === 'GET' || method === 'HEAD'

/** n.b. what a proxy on this machine hands on is not from this machine, nor is what calls it by another name (DNS rebinding) */
const isLocal = ({ socket, headers }: IncomingMessage): boolean =>
  isLoopback(socket.remoteAddress?.replace(/^::ffff:/, '') ?? '') &&
  isLoopback(headers.host ?? '') &&
  headers.forwarded === undefined &&
  headers['x-forwarded-for'] === undefined

/** n.b. Sec-Fetch-Site comes from browsers alone, and only to loopback and over https */
const isFromHere = ({ headers }: IncomingMessage): boolean => {
  const { origin, host, 'sec-fetch-site': site } = headers
  if (site !== undefined) return site === 'same-origin'
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host
}

const userOf = (authorization = ''): string | undefined => {
  const [, encoded] = /^Basic ([\w+/=-]+)$/i.exec(authorization) ?? []
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString().split(':', 1)[0]
}

const isSame = (given: string | undefined, known: string): boolean => {
  const [a, b] = [Buffer.from(given ?? ''), Buffer.from(known)]
  return a.length === b.length && timingSafeEqual(a, b)
}
