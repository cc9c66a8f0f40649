import { expect, it } from 'vitest'
import { checkRefreshToken } from './session.ts'

const now = new Date('2026-03-01T09:30:00.000Z')
const earlier = new Date(now.getTime() - 1)
const later = new Date(now.getTime() + 1)
const fresh = { usedAt: null, expiresAt: later }

it('takes a token once, before it expires, while its session lives', () => {
  expect(checkRefreshToken({ endedAt: null }, fresh, now)).toBe('valid')
  expect(checkRefreshToken({ endedAt: null }, { ...fresh, expiresAt: now }, now)).toBe('invalid')
  expect(checkRefreshToken({ endedAt: earlier }, fresh, now)).toBe('invalid')
})

it('knows a token that comes back, even an instant later or after its time, unless its session has ended', () => {
  expect(checkRefreshToken({ endedAt: null }, { ...fresh, usedAt: now }, now)).toBe('reused')
  expect(checkRefreshToken({ endedAt: null }, { usedAt: earlier, expiresAt: earlier }, now)).toBe('reused')
  expect(checkRefreshToken({ endedAt: earlier }, { ...fresh, usedAt: earlier }, now)).toBe('invalid')
})
