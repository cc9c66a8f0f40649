import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createExpiries } from './expiries.ts'

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }))
afterEach(() => void vi.useRealTimers())

const start = () => {
  const expired: string[] = []
  const expiries = createExpiries<{ readonly name: string }>(({ name }) => expired.push(name))
  return { expired, expiries }
}

it('expires each value at its second, in whatever order they were added', () => {
  const { expired, expiries } = start()
  expiries.add({ name: 'late' }, 1_060_000)
  expiries.add({ name: 'early' }, 1_030_000)
  expiries.add({ name: 'between' }, 1_044_500)
  vi.advanceTimersByTime(29_999)
  expect(expired).toEqual([])
  vi.advanceTimersByTime(1)
  expect(expired).toEqual(['early'])
  vi.advanceTimersByTime(15_000)
  expect(expired).toEqual(['early', 'between'])
  vi.advanceTimersByTime(15_000)
  expect(expired).toEqual(['early', 'between', 'late'])
})

it('expires nothing that was taken out, and nothing that lasts for ever', () => {
  const { expired, expiries } = start()
  const [one, other] = [{ name: 'one' }, { name: 'other' }]
  expiries.add(one, 1_010_000)
  expiries.add(other, 1_010_000)
  expiries.add({ name: 'lasting' }, Number.POSITIVE_INFINITY)
  expiries.delete(one, 1_010_000)
  vi.advanceTimersByTime(100_000)
  expect(expired).toEqual(['other'])
})

it('waits for longer than a timer can', () => {
  const { expired, expiries } = start()
  const inTwoMonths = 60 * 24 * 3_600 * 1_000
  expiries.add({ name: 'far' }, 1_000_000 + inTwoMonths)
  vi.advanceTimersByTime(inTwoMonths - 1_000)
  expect(expired).toEqual([])
  vi.advanceTimersByTime(1_000)
  expect(expired).toEqual(['far'])
})

it('expires at once what has expired before', () => {
  const { expired, expiries } = start()
  expiries.add({ name: 'past' }, 999_000)
  vi.advanceTimersByTime(1)
  expect(expired).toEqual(['past'])
})
