import { createHash, randomBytes } from 'node:crypto'

const tokenBytes = 32

/** A new refresh token, 256 random bits in base64url, and the hash that is kept of it. */
export const createRefreshToken = (): { readonly refreshToken: string; readonly hash: string } => {
  const refreshToken = randomBytes(tokenBytes).toString('base64url')
  return { refreshToken, hash: hashOf(refreshToken) }
}

/** The SHA-256 of a text in base64url, under which it is kept where it must not be readable. */
export const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url')
