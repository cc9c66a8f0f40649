import { describe, expect, it } from 'vitest'
import { type AttemptKind, type Attempts, afterFailure, blockedForMs, networkOf } from './throttle.ts'

const now = new Date('2026-03-01T09:30:00.000Z')
const delaysSeconds = (kind: AttemptKind, count: number) => {
  let known: Attempts | undefined
  return Array.from({ length: count }, () => {
    known = afterFailure(known && { ...known, blockedUntil: null }, kind, now)
    return blockedForMs(known, now) / 1_000
  })
}

describe('the delay after a failure', () => {
  it.each([
    'account-from-network',
    'password-change',
  ] as const)('is nothing five times for %s, then doubles from 1 s up to 15 min', kind => {
    expect(delaysSeconds(kind, 18)).toEqual([
      ...[0, 0, 0, 0, 0],
      ...[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900],
    ])
  })

  it('is nothing a hundred times for an account, then doubles from 1 s up to 30 s', () => {
    expect(delaysSeconds('account', 107).slice(99)).toEqual([0, 1, 2, 4, 8, 16, 30, 30])
  })

  it('is nothing twenty times for a network', () => {
    expect(delaysSeconds('network', 22)).toEqual([...Array.from({ length: 20 }, () => 0), 1, 2])
  })

  it('stays 15 min however many follow', () => {
    const known = { failures: 100_000, lastFailedAt: now, blockedUntil: null }
    expect(blockedForMs(afterFailure(known, 'network', now), now)).toBe(900_000)
  })

  it('never shortens one that runs', () => {
    const blockedUntil = new Date(now.getTime() + 60_000)
    const known = { failures: 5, lastFailedAt: now, blockedUntil }
    expect(afterFailure(known, 'network', now).blockedUntil).toEqual(blockedUntil)
  })

  it('starts anew after a day without failures', () => {
    const aDayAgo = new Date(now.getTime() - 24 * 60 * 60 * 1_000)
    const known = { failures: 50, lastFailedAt: aDayAgo, blockedUntil: aDayAgo }
    expect(afterFailure(known, 'network', now)).toEqual({
      failures: 1,
      lastFailedAt: now,
      blockedUntil: null,
    })
  })
})

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:0:1:aaaa::1', '2001:db8:0:1::/64'],
  ['2001:DB8::1', '2001:db8:0:0::/64'],
  ['2001:0db8:0000:0000:1:2:3:4', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('counts %s as %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})
