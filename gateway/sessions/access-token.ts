import { createCache } from '@supergraph/runtime/cache.ts'
import { directFetch } from '@supergraph/runtime/direct-fetch.ts'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { GraphQLError } from 'graphql'
import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { z } from 'zod'
import { gatewayError } from '../errors.ts'

/** Who calls, and until when they may; an anonymous caller's session does not end. */
export type TokenSession = { readonly viewer: Viewer; readonly expiresAtMs: number }

/**
 * Reads an `Authorization` header, at once if it is known. Without one the caller is anonymous; throws or rejects with a
 * GraphQLError UNAUTHENTICATED (401) unless it is a bearer token of ours that has not expired, and SERVICE_UNAVAILABLE
 * (503) if the keys can't be fetched. What is not known yet is kept by default.
 */
export type Authenticate = (
  authorization: string | undefined,
  options?: { readonly isKept: boolean },
) => TokenSession | Promise<TokenSession>

const issuer = 'commerce-supergraph'
const audience = 'commerce-supergraph'
const algorithms = ['ES256', 'EdDSA']
const maxCachedTokenBytes = 16 * 1024 * 1024
const bytesPerViewer = 500
// n.b. a request has no room for a longer one, but a message on a socket has, and 256 KiB take 10 ms to decode
const maxTokenLength = 16 * 1024
const anonymous: TokenSession = { viewer: { kind: 'anonymous' }, expiresAtMs: Number.POSITIVE_INFINITY }

const claims = z.object({
  sub: z.string().min(1),
  sid: z.string().min(1),
  scope: z
    .string()
    .default('')
    .transform(text => text.split(' ').filter(scope => scope !== '')),
  exp: z.number(),
})

/**
 * Checks access tokens against the keys at `jwksUrls`, separated by commas, of which the first that answers is good; they are
 * fetched when they are first needed.
 */
export const createAuthenticate = (jwksUrls: string, timeoutMs: number, logger: Logger): Authenticate => {
  const [first = '', ...others] = jwksUrls.split(',')
  const keys = createRemoteJWKSet(new URL(first), {
    timeoutDuration: timeoutMs,
    cooldownDuration: 5_000,
    [customFetch]: (url, init) => fetchFromAny([url, ...others], init, timeoutMs),
  })
  const sessions = createCache<TokenSession>({ maxBytes: maxCachedTokenBytes, sizeOf: () => bytesPerViewer })

  const findKey: JWTVerifyGetKey = async (header, token) => {
    try {
      return await keys(header, token)
    } catch (error) {
      const unknownKey =
        error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys
      if (unknownKey) throw error
      logger.warn({ err: error }, 'the keys of access tokens can not be had')
      throw keysUnavailable()
    }
  }

  const verify = async (token: string): Promise<TokenSession> => {
    try {
      const { payload } = await jwtVerify(token, findKey, { issuer, audience, algorithms })
      const { sub, sid, scope: scopes, exp } = claims.parse(payload)
      return { viewer: { kind: 'user', id: sub, scopes, sessionId: sid }, expiresAtMs: exp * 1_000 }
    } catch (error) {
      throw error instanceof GraphQLError ? error : invalidToken()
    }
  }

  const authenticateAnew = async (authorization: string, isKept: boolean): Promise<TokenSession> => {
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1]
    if (token === undefined || token.length > maxTokenLength) throw invalidToken()
    const session = await verify(token)
    if (isKept) sessions.set(authorization, session, session.expiresAtMs)
    return session
  }

  return (authorization, { isKept } = { isKept: true }) =>
    authorization === undefined
      ? anonymous
      : (sessions.get(authorization) ?? authenticateAnew(authorization, isKept))
}

/** n.b. each has its share of the time: one that hangs leaves the others theirs */
const fetchFromAny = async (
  urls: readonly string[],
  init: Parameters<typeof directFetch>[1],
  timeoutMs: number,
): Promise<Response> => {
  let failure: unknown
  for (const url of urls) {
    try {
      const signal = AbortSignal.timeout(Math.ceil(timeoutMs / urls.length))
      const response = await directFetch(url, { ...init, signal })
      if (response.ok) return response
      failure = new Error(`${url} answered with status ${response.status}`)
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

const invalidToken = () =>
  gatewayError('UNAUTHENTICATED', 'The access token is not valid, or it has expired: sign in again.')

const keysUnavailable = () =>
  gatewayError('SERVICE_UNAVAILABLE', 'Access tokens can not be checked now: try again in a moment.')
