import { expect, it } from 'vitest'
import { createBackOff, pause, retryDelayMs } from './back-off.ts'

it('doubles the delay from 200 ms up to 10 s, and takes up to half of it off by chance', () => {
  expect([0, 1, 2, 5, 6, 100].map(failures => retryDelayMs(failures, 1))).toEqual([
    200, 400, 800, 6_400, 10_000, 10_000,
  ])
  expect(retryDelayMs(0, 0)).toBe(100)
})

it('waits after a failure, and not after a success', async () => {
  const backOff = createBackOff(new AbortController().signal)
  const timed = async () => {
    const startedAtMs = performance.now()
    await backOff.wait()
    return performance.now() - startedAtMs
  }
  backOff.failed()
  expect(await timed()).toBeGreaterThan(90)
  backOff.failed()
  backOff.succeeded()
  expect(await timed()).toBeLessThan(50)
})

it('stops waiting at once when it is aborted', async () => {
  const aborting = new AbortController()
  const waiting = pause(60_000, aborting.signal)
  aborting.abort()
  await waiting
  await pause(60_000, aborting.signal)
})
