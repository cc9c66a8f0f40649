import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { measureLoad } from './load.ts'

it('does every piece of work once, by no more clients than it was told', async () => {
  const done: number[] = []
  let atOnce = 0
  let most = 0
  await measureLoad({ clients: 3, count: 20 }, async index => {
    atOnce += 1
    most = Math.max(most, atOnce)
    await turn()
    atOnce -= 1
    done.push(index)
    return true
  })
  expect(done.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index))
  expect(most).toBe(3)
})

it('counts what failed apart from what was done', async () => {
  const { failed, perSecond } = await measureLoad({ clients: 2, count: 10 }, async index => index < 5)
  expect(failed).toBe(5)
  expect(perSecond).toBeGreaterThan(0)
  const allFailed = await measureLoad({ clients: 2, count: 10 }, async () => false)
  expect(allFailed.perSecond).toBe(0)
})

it('tells the latency of the slowest apart from the usual one', async () => {
  const { p50Ms, p99Ms } = await measureLoad({ clients: 1, count: 50 }, async index => {
    const endsAtMs = performance.now() + (index === 49 ? 60 : 0)
    while (performance.now() < endsAtMs) await turn()
    return true
  })
  expect(p99Ms).toBeGreaterThanOrEqual(60)
  expect(p50Ms).toBeLessThan(p99Ms)
})
