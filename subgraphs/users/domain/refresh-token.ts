import { createHash, randomBytes } from 'node:crypto'

const tokenBytes = 32

/** A new refresh token, 256 random bits in base64url, and the hash that the database keeps of the token. */
export const createRefreshToken = (): { readonly refreshToken: string; readonly hash: string } => {
  const refreshToken = randomBytes(tokenBytes).toString('base64url')
  return { refreshToken, hash: hashOf(refreshToken) }
}

/** The SHA-256 of a text in base64url, which the database keeps instead of a text that nobody may read. */
export const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url')
