import type { JWK } from 'jose'
import { EntitySchema } from 'typeorm'
import { z } from 'zod'
import type { Address } from '../domain/address.ts'
import type { Role } from '../domain/role.ts'
import type { RefreshToken, Session } from '../domain/session.ts'
import type { User } from '../domain/user.ts'

/** An account without its password's hash, which is in a table that resolvers never see. */
export type UserRow = User

export const userRow = z.object({
  id: z.string(),
  email: z.string(),
  shownEmail: z.string().nullable(),
  emailVerified: z.boolean(),
  name: z.string(),
  // n.b. of an account whose role only a later release knows, this one reads the rest
  role: z.custom<Role>(role => typeof role === 'string'),
  locale: z.string(),
  totpSince: z.date().nullable(),
  createdAt: z.date(),
  version: z.int(),
}) satisfies z.ZodType<UserRow>

/** The columns of a UserRow, of the table `users`. */
export const userColumns = `id, email, shown_email as "shownEmail", email_verified as "emailVerified", name, role, locale,
  totp_since as "totpSince", created_at as "createdAt", version`

export type CredentialRow = {
  readonly userId: string
  /** A PHC string of argon2id. */
  readonly passwordHash: string
}

export type AddressRow = Address & { readonly userId: string }

export type SigningKeyRow = {
  /** The key's RFC 7638 thumbprint. */
  readonly kid: string
  readonly privateJwk: JWK
  readonly publicJwk: JWK
  readonly createdAt: Date
}

export type SessionRow = Session

type RefreshTokenRow = RefreshToken

export const userTable = new EntitySchema<UserRow>({
  name: 'User',
  tableName: 'users',
  columns: {
    id: { type: 'uuid', primary: true },
    email: { type: 'text' },
    shownEmail: { type: 'text', name: 'shown_email', nullable: true },
    emailVerified: { type: 'boolean', name: 'email_verified' },
    name: { type: 'text' },
    role: { type: 'text' },
    locale: { type: 'text' },
    totpSince: { type: 'timestamptz', name: 'totp_since', nullable: true },
    createdAt: { type: 'timestamptz', name: 'created_at' },
    version: { type: 'integer' },
  },
})

export const credentialTable = new EntitySchema<CredentialRow>({
  name: 'Credential',
  tableName: 'credentials',
  columns: {
    userId: { type: 'uuid', name: 'user_id', primary: true },
    passwordHash: { type: 'text', name: 'password_hash' },
  },
})

export const addressTable = new EntitySchema<AddressRow>({
  name: 'Address',
  tableName: 'addresses',
  columns: {
    id: { type: 'uuid', primary: true },
    userId: { type: 'uuid', name: 'user_id' },
    name: { type: 'text' },
    line1: { type: 'text' },
    line2: { type: 'text', nullable: true },
    city: { type: 'text' },
    postalCode: { type: 'text', name: 'postal_code' },
    country: { type: 'text' },
  },
})

export const signingKeyTable = new EntitySchema<SigningKeyRow>({
  name: 'SigningKey',
  tableName: 'signing_keys',
  columns: {
    kid: { type: 'text', primary: true },
    privateJwk: { type: 'jsonb', name: 'private_jwk' },
    publicJwk: { type: 'jsonb', name: 'public_jwk' },
    createdAt: { type: 'timestamptz', name: 'created_at' },
  },
})

export const sessionTable = new EntitySchema<SessionRow>({
  name: 'Session',
  tableName: 'sessions',
  columns: {
    id: { type: 'uuid', primary: true },
    userId: { type: 'uuid', name: 'user_id' },
    createdAt: { type: 'timestamptz', name: 'created_at' },
    lastUsedAt: { type: 'timestamptz', name: 'last_used_at' },
    network: { type: 'text', nullable: true },
    device: { type: 'text', nullable: true },
    endedAt: { type: 'timestamptz', name: 'ended_at', nullable: true },
    endReason: { type: 'text', name: 'end_reason', nullable: true },
  },
})

export const refreshTokenTable = new EntitySchema<RefreshTokenRow>({
  name: 'RefreshToken',
  tableName: 'refresh_tokens',
  columns: {
    hash: { type: 'text', primary: true },
    sessionId: { type: 'uuid', name: 'session_id' },
    issuedAt: { type: 'timestamptz', name: 'issued_at' },
    expiresAt: { type: 'timestamptz', name: 'expires_at' },
    usedAt: { type: 'timestamptz', name: 'used_at', nullable: true },
    successorSalt: { type: 'text', name: 'successor_salt', nullable: true },
  },
})

export const tables = [
  userTable,
  credentialTable,
  addressTable,
  signingKeyTable,
  sessionTable,
  refreshTokenTable,
]
