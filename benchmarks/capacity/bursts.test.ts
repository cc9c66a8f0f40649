import { expect, it } from 'vitest'
import { lineThrough, measureBursts, medianCosts } from './bursts.ts'

const bursts = { small: { size: 1, times: 20 }, large: { size: 100, times: 10 } } as const

it('finds what a burst and each event in it cost', async () => {
  let cpuMs = 0
  const costs = await measureBursts({ here: () => cpuMs }, ['here'], bursts, async events => {
    cpuMs += 3 + events * 0.25
  })
  expect(costs.here.perBatch).toBeCloseTo(3)
  expect(costs.here.perEvent).toBeCloseTo(0.25)
})

it('finds no cost below nothing', () => {
  expect(lineThrough(bursts, { small: 5, large: 4 })).toEqual({ perBatch: 5, perEvent: 0 })
})

it('is not disturbed by one round of three', () => {
  const round = (perBatch: number, perEvent: number) => ({ here: { perBatch, perEvent } })
  expect(medianCosts([round(1, 2), round(50, 60), round(2, 1)], ['here'])).toEqual(round(2, 2))
})
