import { afterEach, expect, it, vi } from 'vitest'
import { startHourly } from './hourly.ts'

afterEach(() => vi.useRealTimers())

it('works now and every hour, also after a failure, and no more once stopped', async () => {
  vi.useFakeTimers()
  const failures: unknown[] = []
  let runs = 0
  const hourly = startHourly(
    async () => {
      runs += 1
      if (runs === 1) throw new Error('away')
    },
    error => failures.push(error),
  )
  expect(runs).toBe(1)
  await vi.advanceTimersByTimeAsync(3_600_000)
  expect([runs, failures]).toEqual([2, [new Error('away')]])
  await hourly.stop()
  await vi.advanceTimersByTimeAsync(7_200_000)
  expect(runs).toBe(2)
})

it('waits on stop for the work under way', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  let isOver = false
  const stopping = startHourly(
    () => promise,
    () => {},
  )
    .stop()
    .then(() => {
      isOver = true
    })
  await Promise.resolve()
  expect(isOver).toBe(false)
  resolve()
  await stopping
})
