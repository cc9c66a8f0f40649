import { codeAt, stepAt } from '@supergraph/users/domain/totp.ts'

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** The bytes of a secret in Base32. */
export const bytesOf = (secret: string): Buffer => {
  const bits = [...secret].map(letter => letters.indexOf(letter).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map(byte => Number.parseInt(byte, 2)))
}

/** The code that an app shows now for a secret in Base32. */
export const codeFor = (secret: string): string => codeAt(bytesOf(secret), stepAt(new Date()))
