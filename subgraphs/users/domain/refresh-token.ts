import { createHash, createHmac, randomBytes } from 'node:crypto'

const tokenBytes = 32

/** A refresh token, and the hash that the database keeps of it. */
export type TokenWithHash = { readonly refreshToken: string; readonly hash: string }

/** A new refresh token, 256 random bits in base64url. */
export const createRefreshToken = (): TokenWithHash => withHash(randomText())

/** A secret of the database that successors are made with, 256 random bits in base64url. */
export const createSalt = (): string => randomText()

/**
 * The token that follows a spent one under the key that its client chose: the same for the same three values. Neither the
 * database, which has the salt, nor an overheard request, which has the other two, is enough to tell it.
 */
export const successorOf = (spentToken: string, idempotencyKey: string, salt: string): TokenWithHash =>
  withHash(
    createHmac('sha256', salt)
      .update(JSON.stringify([spentToken, idempotencyKey]))
      .digest('base64url'),
  )

/** The SHA-256 of a text in base64url, which the database keeps instead of a text that nobody may read. */
export const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url')

const randomText = () => randomBytes(tokenBytes).toString('base64url')

const withHash = (refreshToken: string): TokenWithHash => ({ refreshToken, hash: hashOf(refreshToken) })
