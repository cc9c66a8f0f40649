import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { type Breaker, type CallOutcome, createBreaker } from './breaker.ts'

beforeEach(() => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
})

const threeThenASecond = () => createBreaker({ failuresInARow: 3, pauseMs: 1_000 })

const call = (breaker: Breaker, outcome: CallOutcome): string => {
  const pass = breaker.enter()
  if (pass !== undefined) breaker.leave(pass, outcome)
  return pass ?? 'refused'
}

it('refuses calls for a while after so many failures in a row', () => {
  const breaker = threeThenASecond()
  for (const outcome of ['failed', 'failed', 'worked', 'failed', 'unknown', 'failed'] as const)
    expect(call(breaker, outcome)).toBe('call')
  expect(breaker.letsThrough()).toBe(true)
  call(breaker, 'failed')
  expect(breaker.letsThrough()).toBe(false)
  expect(call(breaker, 'worked')).toBe('refused')
  vi.advanceTimersByTime(999)
  expect(call(breaker, 'worked')).toBe('refused')
  vi.advanceTimersByTime(1)
  expect(call(breaker, 'worked')).toBe('trial')
  expect(call(breaker, 'worked')).toBe('call')
})

it.each([
  -3_600_000, 3_600_000,
])('lets a trial through after the while though the clock jumps by %d ms', jumpMs => {
  const breaker = threeThenASecond()
  for (const _ of Array.from({ length: 3 })) call(breaker, 'failed')
  vi.setSystemTime(Date.now() + jumpMs)
  vi.advanceTimersByTime(999)
  expect(call(breaker, 'worked')).toBe('refused')
  vi.advanceTimersByTime(1)
  expect(call(breaker, 'worked')).toBe('trial')
})

it('lets one trial through at a time; if it fails, the while begins anew, and if it says nothing, the next is a trial', () => {
  const breaker = threeThenASecond()
  for (const _ of Array.from({ length: 3 })) call(breaker, 'failed')
  vi.advanceTimersByTime(1_000)
  const pass = breaker.enter()
  expect(pass).toBe('trial')
  expect(call(breaker, 'worked')).toBe('refused')
  breaker.leave('trial', 'unknown')
  expect(call(breaker, 'failed')).toBe('trial')
  expect(call(breaker, 'worked')).toBe('refused')
  vi.advanceTimersByTime(1_000)
  expect(call(breaker, 'worked')).toBe('trial')
})

it('hears nothing of calls that began before it opened, and does not let those among them through that waited', () => {
  const breaker = threeThenASecond()
  const [early, waiting] = [breaker.enter(), breaker.enter()]
  for (const _ of Array.from({ length: 3 })) call(breaker, 'failed')
  if (early === undefined || waiting === undefined) throw new Error('refused')
  breaker.leave(early, 'worked')
  expect(breaker.letsThrough()).toBe(false)
  expect(breaker.isStillLetThrough(waiting)).toBe(false)
})
