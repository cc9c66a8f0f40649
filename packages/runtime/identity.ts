import { decodeProtectedHeader, errors, importJWK, type JWK, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import { createCache } from './cache.ts'
import { forbidden, totpRequired, unauthenticated } from './errors.ts'
import { algorithm } from './identity-keys.ts'

/** On whose behalf a request runs. Only the gateway speaks for users; a service speaks for itself. */
export type Viewer =
  | { readonly kind: 'anonymous' }
  | {
      readonly kind: 'user'
      readonly id: string
      /** What the user may do beyond their own things, such as `orders:read`. */
      readonly scopes: readonly string[]
      /** The session whose access token the gateway was shown. */
      readonly sessionId: string
    }
  | { readonly kind: 'service'; readonly name: string; readonly scopes: readonly string[] }

const viewerKeys = new WeakMap<Viewer, string>()

/** Equal for viewers who are the same, in the same session, and may do the same. */
export const viewerKey = (viewer: Viewer): string => {
  const known = viewerKeys.get(viewer) ?? JSON.stringify(viewer)
  viewerKeys.set(viewer, known)
  return known
}

/** Whether two viewers are the same, in the same session, and may do the same. */
export const isSameViewer = (one: Viewer, other: Viewer): boolean =>
  one === other || JSON.stringify(one) === JSON.stringify(other)

/** The user of a viewer, if it is one. */
export const userOf = (viewer: Viewer): string | undefined => (viewer.kind === 'user' ? viewer.id : undefined)

/** Who asks, and from where; only the gateway knows the client's address and device, and tells them to subgraphs that need them. */
export type Identity = {
  readonly viewer: Viewer
  readonly clientAddress: string | undefined
  /** In words, such as `Firefox on Windows`. */
  readonly clientDevice?: string | undefined
}

/** Signs identity tokens as one issuer. */
export type IdentitySigner = {
  /** A token that lives 20 to 60 s more and that only `audience` accepts, at once if one is known. */
  readonly sign: (
    audience: string,
    viewer: Viewer,
    clientAddress?: string,
    clientDevice?: string,
  ) => string | Promise<string>
  /** The same for a viewer for whom no other token is needed soon: one that has to be signed is not kept. */
  readonly signOnce: (audience: string, viewer: Viewer) => string | Promise<string>
}

/**
 * Reads an identity token; throws InvalidIdentity unless an issuer we know signed it, for us, less than 60 s ago. What it
 * has read it keeps by default, for when the token comes again.
 */
export type VerifyIdentity = (
  token: string | undefined,
  options?: { readonly isKept: boolean },
) => Promise<Identity>

export class InvalidIdentity extends Error {
  constructor(options?: ErrorOptions) {
    super('This service answers requests with a valid identity token alone; go through the gateway.', options)
    this.name = 'InvalidIdentity'
  }
}

const lifetimeMs = 60_000
const renewBeforeMs = 20_000
const maxCachedTokenBytes = 16 * 1024 * 1024
// n.b. a token, or the identity in it
const bytesPerToken = 1_000
const userIssuer = 'gateway'

const claims = z.object({
  iss: z.string(),
  exp: z.number(),
  sub: z.string().optional(),
  sid: z.string().optional(),
  scope: z
    .string()
    .default('')
    .transform(text => text.split(' ').filter(scope => scope !== '')),
  address: z.string().optional(),
  device: z.string().optional(),
})

/** The viewer of whom a token's claims speak. */
const viewerOf = (
  issuer: string,
  { sub, sid, scope: scopes }: Pick<z.output<typeof claims>, 'sub' | 'sid' | 'scope'>,
): Viewer => {
  if (issuer !== userIssuer) return { kind: 'service', name: issuer, scopes }
  return sub === undefined || sid === undefined
    ? { kind: 'anonymous' }
    : { kind: 'user', id: sub, scopes, sessionId: sid }
}

/** n.b. a token stays in the cache while it is signed, so that it is signed once. */
type Signed = { token: string | Promise<string>; readonly renewAtMs: number }

export const createIdentitySigner = (issuer: string, privateKey: JWK): IdentitySigner => {
  const key = importJWK(privateKey, algorithm)
  const cached = createCache<Signed>({ maxBytes: maxCachedTokenBytes, sizeOf: () => bytesPerToken })
  const ofViewers = new WeakMap<Viewer, Map<string, Signed>>()

  const signAnew = async (audience: string, payload: JWTPayload, expiresAtMs: number) =>
    new SignJWT(payload)
      .setProtectedHeader({ alg: algorithm, kid: issuer })
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime(Math.floor(expiresAtMs / 1_000))
      .sign(await key)

  const findOfViewer = (audience: string, viewer: Viewer): string | undefined => {
    const found = ofViewers.get(viewer)?.get(audience)
    const isFresh = found !== undefined && found.renewAtMs > Date.now()
    return isFresh && typeof found.token === 'string' ? found.token : undefined
  }

  const signOrFind = (audience: string, viewer: Viewer, address?: string, device?: string): Signed => {
    const payload: JWTPayload = {
      ...claimsOf(viewer),
      ...(address && { address }),
      ...(device && { device }),
    }
    const cacheKey = `${audience} ${JSON.stringify(payload)}`
    const found = cached.get(cacheKey)
    if (found !== undefined) return found
    const expiresAtMs = Date.now() + lifetimeMs
    const token = signAnew(audience, payload, expiresAtMs)
    const signed: Signed = { token, renewAtMs: expiresAtMs - renewBeforeMs }
    cached.set(cacheKey, signed, signed.renewAtMs)
    token.then(
      known => {
        signed.token = known
      },
      () => cached.delete(cacheKey),
    )
    return signed
  }

  return {
    sign: (audience, viewer, clientAddress, clientDevice) => {
      // n.b. all who are anonymous are one viewer, with any number of addresses
      if (clientAddress !== undefined || clientDevice !== undefined)
        return signOrFind(audience, viewer, clientAddress, clientDevice).token
      const found = findOfViewer(audience, viewer)
      if (found !== undefined) return found
      const signed = signOrFind(audience, viewer)
      const known = ofViewers.get(viewer)
      if (known === undefined) ofViewers.set(viewer, new Map([[audience, signed]]))
      else known.set(audience, signed)
      return signed.token
    },
    signOnce: (audience, viewer) =>
      // n.b. all who are anonymous are one viewer
      viewer.kind === 'anonymous'
        ? signOrFind(audience, viewer).token
        : (findOfViewer(audience, viewer) ?? signAnew(audience, claimsOf(viewer), Date.now() + lifetimeMs)),
  }
}

type Key = Awaited<ReturnType<typeof importJWK>>

/** Reads the identity tokens for one audience, which any of its issuer's keys may have signed. */
export const createIdentityVerifier = (
  audience: string,
  issuers: Readonly<Record<string, readonly JWK[]>>,
): VerifyIdentity => {
  const keysOf = new Map(
    Object.entries(issuers).map(([issuer, jwks]) => [issuer, jwks.map(jwk => importJWK(jwk, algorithm))]),
  )
  const cached = createCache<Identity>({ maxBytes: maxCachedTokenBytes, sizeOf: () => bytesPerToken })

  const expected = { audience, algorithms: [algorithm], requiredClaims: ['exp'], clockTolerance: 5 }

  const verifyWithAny = async (token: string, [key, ...others]: readonly Promise<Key>[]) => {
    if (key === undefined) throw new InvalidIdentity()
    try {
      return await jwtVerify(token, await key, expected)
    } catch (error) {
      if (others.length === 0 || !(error instanceof errors.JWSSignatureVerificationFailed)) throw error
      return verifyWithAny(token, others)
    }
  }

  const verify = async (token: string): Promise<{ identity: Identity; expiresAtMs: number }> => {
    const { kid = '' } = decodeProtectedHeader(token)
    const { payload } = await verifyWithAny(token, keysOf.get(kid) ?? [])
    const { iss, exp, address: clientAddress, device: clientDevice, ...found } = claims.parse(payload)
    if (iss !== kid) throw new InvalidIdentity()
    return {
      identity: { viewer: viewerOf(iss, found), clientAddress, clientDevice },
      expiresAtMs: exp * 1_000,
    }
  }

  return async (token, { isKept } = { isKept: true }) => {
    if (token === undefined) throw new InvalidIdentity()
    const known = cached.get(token)
    if (known !== undefined) return known
    const { identity, expiresAtMs } = await verify(token).catch((cause: unknown) => {
      throw new InvalidIdentity({ cause })
    })
    if (isKept) cached.set(token, identity, expiresAtMs)
    return identity
  }
}

const inTokens = new WeakMap<Viewer, Viewer>()

/** The viewer that a verifier would find in a token of the gateway's for this one; the same object each time. */
export const viewerInToken = (viewer: Viewer): Viewer => {
  const known = inTokens.get(viewer)
  if (known !== undefined) return known
  const { sub, sid, scope } = claims.omit({ iss: true, exp: true }).parse(claimsOf(viewer))
  const found = viewerOf(userIssuer, { sub, sid, scope })
  inTokens.set(viewer, found)
  return found
}

/** The scope of staff who get no other one before they have a second factor. */
export const totpMissing = 'totp:missing'

/** Whether the viewer was given this scope. */
export const hasScope = (viewer: Viewer, scope: string): boolean =>
  viewer.kind !== 'anonymous' && viewer.scopes.includes(scope)

/** The signed-in user's id; throws UNAUTHENTICATED for anyone else. */
export const requireUser = (viewer: Viewer): string => {
  if (viewer.kind !== 'user') throw unauthenticated()
  return viewer.id
}

/** The id of the signed-in user, who must have the scope; throws UNAUTHENTICATED for nobody, FORBIDDEN or TOTP_REQUIRED for anyone else. */
export const requireScope = (viewer: Viewer, scope: string): string => {
  if (viewer.kind === 'anonymous') throw unauthenticated()
  if (viewer.kind !== 'user' || !hasScope(viewer, scope))
    throw hasScope(viewer, totpMissing) ? totpRequired() : forbidden()
  return viewer.id
}

/** Whether the viewer is this very user. */
export const isUser = (viewer: Viewer, id: string): boolean => viewer.kind === 'user' && viewer.id === id

const claimsOf = (viewer: Viewer): JWTPayload => {
  switch (viewer.kind) {
    case 'anonymous':
      return {}
    case 'user':
      return { sub: viewer.id, sid: viewer.sessionId, scope: viewer.scopes.join(' ') }
    case 'service':
      return { scope: viewer.scopes.join(' ') }
    default:
      return viewer satisfies never
  }
}
