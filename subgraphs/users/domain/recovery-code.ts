import { randomBytes } from 'node:crypto'
import { base32 } from './base32.ts'
import { hashOf } from './refresh-token.ts'

/** How many recovery codes a user gets at once. */
export const recoveryCodeCount = 10

// n.b. so many that whoever has a copy of the hashes can't try all codes
const codeBytes = 10

/** New recovery codes, each of 80 random bits, such as `k7f2-q3xw-mmda-5hzt`. */
export const createRecoveryCodes = (): readonly string[] =>
  Array.from({ length: recoveryCodeCount }, () =>
    base32(randomBytes(codeBytes))
      .toLowerCase()
      .replaceAll(/.{4}(?!$)/g, '$&-'),
  )

/** What the database keeps of a recovery code, however it is typed. */
export const recoveryHashOf = (code: string): string => hashOf(code.toLowerCase().replaceAll(/[^a-z\d]/g, ''))
