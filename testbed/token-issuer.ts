import { createServer } from 'node:http'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'

type TokenOptions = {
  readonly sessionId?: string
  readonly scopes?: readonly string[]
  readonly lifetimeSeconds?: number
  readonly audience?: string
}

/** Issues access tokens as the users subgraph does, and serves the keys that they are checked with at an address of this machine. */
export const startTokenIssuer = async (host = '127.0.0.1') => {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const stranger = await generateKeyPair('ES256')
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }] }
  const server = createServer((_request, response) => response.end(JSON.stringify(jwks)))
  await new Promise<void>(resolve => server.listen(0, host, resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const sign = (
    claims: JWTPayload,
    { lifetimeSeconds = 60, audience = 'commerce-supergraph' }: TokenOptions = {},
    key = privateKey,
  ) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setIssuer('commerce-supergraph')
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1_000) + lifetimeSeconds)
      .sign(key)
  const claimsOf = (id: string, { sessionId = uuidv7(), scopes = [] }: TokenOptions = {}) => ({
    sub: id,
    sid: sessionId,
    role: scopes.length === 0 ? 'CUSTOMER' : 'STAFF',
    scope: scopes.join(' '),
  })
  return {
    jwksUrl: `http://${host}:${port}/.well-known/jwks.json`,
    customer: (id: string, options?: TokenOptions) => sign(claimsOf(id, options), options),
    withoutSession: () => sign({ sub: 'ada', scope: '' }),
    withoutUser: () => sign({ sid: 'session', scope: '' }),
    byStranger: () => sign(claimsOf('ada'), {}, stranger.privateKey),
    stop: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
