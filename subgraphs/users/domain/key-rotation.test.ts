import { expect, it } from 'vitest'
import { isRotationDue, livingKeys, signingKeyAt } from './key-rotation.ts'

const now = new Date('2026-03-01T09:30:00.000Z')
const made = (secondsAgo: number) => ({ createdAt: new Date(now.getTime() - secondsAgo * 1_000) })
const day = 24 * 60 * 60

it('signs with the newest key once it has been public for a minute, with the one before until then', () => {
  const [old, fresh] = [made(day), made(59)]
  expect(signingKeyAt([fresh, old], now)).toBe(old)
  const known = made(60)
  expect(signingKeyAt([known, old], now)).toBe(known)
})

it('signs with the first key at once, and with it still while its successors are new', () => {
  const first = made(20)
  expect(signingKeyAt([first], now)).toBe(first)
  expect(signingKeyAt([made(0), made(10), first], now)).toBe(first)
  expect(signingKeyAt([], now)).toBeUndefined()
})

it('wants the next key 30 days after the newest', () => {
  expect(isRotationDue([], now)).toBe(true)
  expect(isRotationDue([made(30 * day - 1)], now)).toBe(false)
  expect(isRotationDue([made(30 * day)], now)).toBe(true)
  expect(isRotationDue([made(5), made(40 * day)], now)).toBe(false)
})

it('lets a key live until 15 minutes after the next one was made', () => {
  const [oldest, old] = [made(3 * day), made(2 * day)]
  const [recent, fresh] = [made(15 * 60), made(15 * 60 - 1)]
  expect(livingKeys([recent, old, oldest], now)).toEqual([recent])
  expect(livingKeys([fresh, old, oldest], now)).toEqual([fresh, old])
  expect(livingKeys([made(100 * day)], now)).toHaveLength(1)
})
