import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { base32 } from './base32.ts'

const secretBytes = 20
const stepMs = 30_000
const digits = 6

/** A secret that a user's app makes its codes with (RFC 6238: SHA-1, 6 digits, 30 s). */
export const createTotpSecret = (): Buffer => randomBytes(secretBytes)

/** Counts the steps of 30 s, in each of which an app shows another code. */
export const stepAt = (now: Date): number => Math.floor(now.getTime() / stepMs)

/** The code that an app shows in a step. */
export const codeAt = (secret: Buffer, step: number): string => {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const digest = createHmac('sha1', secret).update(counter).digest()
  const offset = digest.readUInt8(digest.length - 1) & 0xf
  const number = digest.readUInt32BE(offset) & 0x7f_ff_ff_ff
  return String(number % 10 ** digits).padStart(digits, '0')
}

/** Whether a text is a code of an app, and not a recovery code. */
export const isTotpCode = (code: string): boolean => /^\d{6}$/.test(code)

/**
 * The step of a code: the present one, or the one before or after, since clocks differ. Undefined for a wrong code, and for one of
 * a step that is not later than `usedStep`, whose code was used.
 */
export const stepOf = (
  secret: Buffer,
  code: string,
  { now, usedStep }: { readonly now: Date; readonly usedStep: number | null },
): number | undefined => {
  if (!isTotpCode(code)) return undefined
  const present = stepAt(now)
  // n.b. all three are compared, so that the time does not tell which of them was nearly right
  const matching = [present - 1, present, present + 1].filter(step => isSame(codeAt(secret, step), code))
  return matching.find(step => usedStep === null || step > usedStep)
}

/** What an app reads, most often as a QR code; `issuer` and `account` are what it shows. */
export const otpauthUri = (
  secret: Buffer,
  { issuer, account }: { readonly issuer: string; readonly account: string },
): string => {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`
  const parameters = { secret: base32(secret), issuer, algorithm: 'SHA1', digits, period: stepMs / 1_000 }
  // n.b. not URLSearchParams: apps show the + that it makes of a space
  const query = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return `otpauth://totp/${label}?${query.join('&')}`
}

const isSame = (one: string, other: string): boolean => timingSafeEqual(Buffer.from(one), Buffer.from(other))
