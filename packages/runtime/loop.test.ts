import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startLoop } from './loop.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const failOn = (error: unknown) => {
  throw error
}

it('works at once and after each interval, even after a failure, and stops working once stopped', async () => {
  const failures: unknown[] = []
  let runs = 0
  const loop = startLoop({
    everyMs: 3_600_000,
    work: async () => {
      runs += 1
      if (runs === 1) throw new Error('away')
    },
    onError: error => failures.push(error),
  })
  expect(runs).toBe(1)
  await vi.advanceTimersByTimeAsync(3_599_999)
  expect(runs).toBe(1)
  await vi.advanceTimersByTimeAsync(1)
  expect([runs, failures]).toEqual([2, [new Error('away')]])
  await loop.stop()
  await vi.advanceTimersByTimeAsync(7_200_000)
  expect(runs).toBe(2)
})

it('tries again sooner after a failure, if told to', async () => {
  let runs = 0
  const loop = startLoop({
    everyMs: 60_000,
    retryMs: 1_000,
    work: async () => {
      runs += 1
      if (runs === 1) throw new Error('away')
    },
    onError: () => undefined,
  })
  await vi.advanceTimersByTimeAsync(1_000)
  expect(runs).toBe(2)
  await vi.advanceTimersByTimeAsync(59_999)
  expect(runs).toBe(2)
  await loop.stop()
})

it('works again when its work says so', async () => {
  let runs = 0
  const loop = startLoop({
    everyMs: 60_000,
    work: async () => {
      runs += 1
      return runs < 10 ? 0 : 500
    },
    onError: failOn,
  })
  await vi.advanceTimersByTimeAsync(0)
  expect(runs).toBe(10)
  await vi.advanceTimersByTimeAsync(500)
  expect(runs).toBe(11)
  await loop.stop()
})

it('does not sleep through a wake that comes before the sleep, and works once for it', async () => {
  let runs = 0
  const loop = startLoop({
    everyMs: 60_000,
    work: async () => {
      runs += 1
    },
    onError: failOn,
  })
  loop.wake()
  await vi.advanceTimersByTimeAsync(0)
  expect(runs).toBe(2)
  loop.wake()
  await vi.advanceTimersByTimeAsync(59_999)
  expect(runs).toBe(3)
  await vi.advanceTimersByTimeAsync(1)
  expect(runs).toBe(4)
  await loop.stop()
})

it('waits on stop for the work under way, and tells it of the stop', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const told: boolean[] = []
  let isOver = false
  const loop = startLoop({
    everyMs: 1_000,
    work: async stopping => {
      await promise
      told.push(stopping.aborted)
    },
    onError: failOn,
  })
  const stopped = loop.stop().then(() => {
    isOver = true
  })
  await vi.advanceTimersByTimeAsync(5_000)
  expect(isOver).toBe(false)
  resolve()
  await stopped
  expect(told).toEqual([true])
})
