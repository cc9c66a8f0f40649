import { randomUUID } from 'node:crypto'
import { importJWK, type JSONWebKeySet, SignJWT } from 'jose'
import type { DataSource } from 'typeorm'
import { currentSigningKey, signingAlgorithm, signingKeys } from '../database/signing-keys.ts'
import type { SigningKeyRow } from '../database/tables.ts'
import { scopesOf } from '../domain/scopes.ts'
import type { IssueAccessToken } from '../domain/session.ts'

/**
 * Issues access tokens: JWTs of issuer and audience `commerce-supergraph` with the claims `sub`, `sid`, `role` and
 * `scope`.
 */
type AccessTokens = {
  /** Reads the key that signs now; the function it gives needs no database, so a transaction can call it. */
  readonly issuer: () => Promise<IssueAccessToken>
  /** The public keys that verify the tokens of every process on this database. */
  readonly jwks: () => Promise<JSONWebKeySet>
}

const issuer = 'commerce-supergraph'
const audience = 'commerce-supergraph'
const lifetimeMs = 10 * 60 * 1_000
const keyIsReadEveryMs = 5_000

/** Throws if there is no signing key and none can be made. */
export const createAccessTokens = async (
  database: DataSource,
  rules: { readonly isStaffTotpRequired: boolean },
): Promise<AccessTokens> => {
  let known: { readonly issue: Promise<IssueAccessToken>; readonly untilMs: number } | undefined
  const issuer = (): Promise<IssueAccessToken> => {
    if (known !== undefined && known.untilMs > performance.now()) return known.issue
    const issue = currentSigningKey(database).then(key => issueWith(key, rules))
    const reading = { issue, untilMs: performance.now() + keyIsReadEveryMs }
    known = reading
    issue.catch(() => {
      if (known === reading) known = undefined
    })
    return issue
  }
  await issuer()
  return {
    issuer,
    jwks: async () => ({
      keys: (await signingKeys(database)).map(({ kid, publicJwk }) => ({
        ...publicJwk,
        kid,
        alg: signingAlgorithm,
        use: 'sig',
      })),
    }),
  }
}

const issueWith = async (
  { kid, privateJwk }: SigningKeyRow,
  rules: { readonly isStaffTotpRequired: boolean },
): Promise<IssueAccessToken> => {
  const key = await importJWK(privateJwk, signingAlgorithm)
  return async (user, sessionId, now) => {
    const issuedAt = wholeSeconds(now)
    const expiresAt = new Date(issuedAt.getTime() + lifetimeMs)
    const claims = { sid: sessionId, role: user.role, scope: scopesOf(user, rules).join(' ') }
    const accessToken = await new SignJWT(claims)
      .setProtectedHeader({ alg: signingAlgorithm, kid, typ: 'JWT' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(user.id)
      .setJti(randomUUID())
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .sign(key)
    return { accessToken, expiresAt }
  }
}

const wholeSeconds = (date: Date): Date => new Date(Math.floor(date.getTime() / 1_000) * 1_000)
