import { describe, expect, it } from 'vitest'
import { createRandom } from '../../testbed/random.ts'
import { isGrowing, type Point, trendOf } from './trend.ts'

const everyMs = 10_000
const leastMiB = 4

/** Half an hour of a heap that warms up, wavers, and is `leakPerHour` larger after an hour. */
const heap = ({ leakPerHour = 0, minutes = 30, seed = '' }): readonly Point[] => {
  const random = createRandom(seed)
  return Array.from({ length: minutes * 6 }, (_, index) => {
    const atMs = index * everyMs
    const warm = 60 - 20 * Math.exp(-atMs / 90_000)
    const wave = Math.sin(atMs / 47_000) / 2
    return { atMs, value: warm + wave + random.integer(-15, 15) / 10 + (leakPerHour * atMs) / 3_600_000 }
  })
}

const grows = (life: readonly Point[]): boolean => {
  const trend = trendOf(life)
  if (trend === undefined) throw new Error('the life is too short')
  return isGrowing(trend, leastMiB)
}

const seeds = Array.from({ length: 200 }, (_, index) => String(index))

describe('the verdict on half an hour', () => {
  it('finds a leak of a third of the heap an hour', () => {
    expect(seeds.filter(seed => !grows(heap({ leakPerHour: 20, seed })))).toEqual([])
  })

  it('says how large the leak is', () => {
    const trend = trendOf(heap({ leakPerHour: 20, seed: 'one' }))
    expect(trend?.level).toBeGreaterThan(60)
    expect(trend?.level).toBeLessThan(70)
    expect(trend?.perHour).toBeGreaterThan(17)
    expect(trend?.perHour).toBeLessThan(23)
  })

  it('takes neither noise nor the warming up for a leak', () => {
    expect(seeds.filter(seed => grows(heap({ seed })))).toEqual([])
  })

  it('takes no single step for a leak, whenever it comes', () => {
    const flat = heap({}).map(({ atMs }) => ({ atMs, value: 60 }))
    const stepped = flat.map((_, at) =>
      flat.map((point, index) => (index < at ? point : { ...point, value: 90 })),
    )
    expect(stepped.filter(grows)).toEqual([])
  })

  it('lets through what is sure and small', () => {
    const life = heap({ minutes: 30 }).map(({ atMs }) => ({ atMs, value: 60 + (2 * atMs) / 3_600_000 }))
    expect(grows(life)).toBe(false)
  })

  it('finds one handle a minute that is not closed', () => {
    const life = Array.from({ length: 180 }, (_, index) => ({
      atMs: index * everyMs,
      value: 40 + Math.floor(index / 6),
    }))
    expect(grows(life)).toBe(true)
  })

  it('says nothing of a life that is too short', () => {
    expect(trendOf(heap({ minutes: 14, leakPerHour: 1_000 }))).toBeUndefined()
    expect(trendOf([])).toBeUndefined()
  })
})
