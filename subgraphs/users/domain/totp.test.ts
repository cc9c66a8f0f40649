import { describe, expect, it } from 'vitest'
import { base32 } from './base32.ts'
import { createRecoveryCodes, recoveryHashOf } from './recovery-code.ts'
import { codeAt, createTotpSecret, isTotpCode, otpauthUri, stepAt, stepOf } from './totp.ts'

const secret = Buffer.from('12345678901234567890')
const now = new Date('2026-03-01T09:30:10.000Z')
const step = stepAt(now)

// n.b. the last six digits of the eight in appendix B of RFC 6238
it.each([
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
])('makes the codes of RFC 6238: %i s', (seconds, code) => {
  expect(codeAt(secret, stepAt(new Date(seconds * 1_000)))).toBe(code)
})

it.each([
  ['', ''],
  ['fooba', 'MZXW6YTB'],
  ['12345678901234567890', 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'],
])('writes "%s" in Base32 as RFC 4648 does', (text, encoded) => {
  expect(base32(Buffer.from(text))).toBe(encoded)
})

describe('the step of a code', () => {
  it.each([
    [-2, false],
    [-1, true],
    [0, true],
    [1, true],
    [2, false],
  ])('is found %i steps from now: %s', (distance, isFound) => {
    const code = codeAt(secret, step + distance)
    expect(stepOf(secret, code, { now, usedStep: null })).toBe(isFound ? step + distance : undefined)
  })

  it.each([
    [step - 1, true],
    [step, false],
    [step + 1, false],
  ])('is found only once, and not after a later one', (usedStep, isFound) => {
    const found = stepOf(secret, codeAt(secret, step), { now, usedStep })
    expect(found).toBe(isFound ? step : undefined)
  })

  it.each(['', '12345', '1234567', 'abcdef', 'äöüäöü', '٣٣٣٣٣٣'])('is not found for "%s"', code => {
    expect(stepOf(secret, code, { now, usedStep: null })).toBeUndefined()
    expect(isTotpCode(code)).toBe(false)
  })

  it('is another one for another secret', () => {
    const [one, other] = [createTotpSecret(), createTotpSecret()]
    const codes = Array.from({ length: 4 }, (_, index) => codeAt(one, step + index))
    expect(codes).not.toEqual(codes.map((_, index) => codeAt(other, step + index)))
  })
})

it('tells an app whose codes it makes, in a URI that it reads whatever the names hold', () => {
  const uri = new URL(otpauthUri(secret, { issuer: 'Mugs & More', account: 'ada+1@example.com' }))
  expect(uri.href).toContain('otpauth://totp/Mugs%20%26%20More:ada%2B1%40example.com?')
  expect(uri.href).toContain('issuer=Mugs%20%26%20More')
  expect(Object.fromEntries(uri.searchParams)).toEqual({
    secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
    issuer: 'Mugs & More',
    algorithm: 'SHA1',
    digits: '6',
    period: '30',
  })
})

it('gives ten recovery codes that differ, and takes each however it is typed', () => {
  const codes = createRecoveryCodes()
  expect(new Set(codes.map(recoveryHashOf)).size).toBe(10)
  for (const code of codes) {
    expect(code).toMatch(/^([a-z2-7]{4}-){3}[a-z2-7]{4}$/)
    expect(isTotpCode(code)).toBe(false)
    for (const typed of [code.toUpperCase(), code.replaceAll('-', ''), ` ${code.replaceAll('-', ' ')} `])
      expect(recoveryHashOf(typed)).toBe(recoveryHashOf(code))
  }
})
