import { randomUUID } from 'node:crypto'
import { importJWK, type JSONWebKeySet, SignJWT } from 'jose'
import type { DataSource } from 'typeorm'
import { currentSigningKey, signingAlgorithm, signingKeys } from './database/signing-keys.ts'
import type { User } from './domain/user.ts'

/** Issues access tokens: JWTs of issuer and audience `commerce-supergraph` with the claims `sub` and `role`. */
export type AccessTokens = {
  /** A token that lives an hour from `now` on. */
  readonly issue: (
    user: User,
    now: Date,
  ) => Promise<{ readonly accessToken: string; readonly expiresAt: Date }>
  /** The public keys that verify the tokens of every process on this database. */
  readonly jwks: () => Promise<JSONWebKeySet>
}

const issuer = 'commerce-supergraph'
const audience = 'commerce-supergraph'
const lifetimeMs = 60 * 60 * 1_000

export const createAccessTokens = async (database: DataSource): Promise<AccessTokens> => {
  const { kid, privateJwk } = await currentSigningKey(database)
  const key = await importJWK(privateJwk, signingAlgorithm)
  return {
    issue: async (user, now) => {
      const issuedAt = wholeSeconds(now)
      const expiresAt = new Date(issuedAt.getTime() + lifetimeMs)
      const accessToken = await new SignJWT({ role: user.role })
        .setProtectedHeader({ alg: signingAlgorithm, kid, typ: 'JWT' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(user.id)
        .setJti(randomUUID())
        .setIssuedAt(issuedAt)
        .setExpirationTime(expiresAt)
        .sign(key)
      return { accessToken, expiresAt }
    },
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

const wholeSeconds = (date: Date): Date => new Date(Math.floor(date.getTime() / 1_000) * 1_000)
