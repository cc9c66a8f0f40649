import { describe, expect, it } from 'vitest'
import { Baseline } from './baseline.ts'
import { LoadLimit } from './load-limit.ts'
import { LoopLateness } from './loop-lateness.ts'

const settings = { targetMs: 20, loweredMs: 20, windowMs: 100, samples: 4 }

/** A limit with so many under way, and what tells it of waits at a time. */
const startLimit = (underWay: number, changed: Partial<typeof settings> = {}) => {
  const limit = new LoadLimit({ ...settings, ...changed })
  for (let count = 0; count < underWay; count += 1) limit.enter()
  const waitAt = (nowMs: number, ...waitsMs: readonly number[]) => {
    for (const waitMs of waitsMs) limit.waited(waitMs, nowMs - 1, nowMs)
  }
  return { limit, waitAt }
}

describe('a limit', () => {
  it('is lowered to less than what is under way when every wait of a window is too long', () => {
    const { limit, waitAt } = startLimit(200)
    waitAt(1_000, 25, 25, 25, 25)
    expect(limit.limit).toBe(160)
    expect(limit.hasRoom(1, 1_000)).toBe(false)
  })

  it('is lowered the more, the longer the shortest wait is', () => {
    const { limit, waitAt } = startLimit(200)
    waitAt(1_000, 900, 1_000, 40, 500)
    expect(limit.limit).toBe(100)
  })

  it('stays as high when one wait was short, since there is no queue then', () => {
    const { limit, waitAt } = startLimit(200)
    waitAt(1_000, 900, 900, 1, 900)
    expect(limit.limit).toBe(1_024)
  })

  it('is not changed by fewer waits than it takes, nor twice within a tenth of a second', () => {
    const { limit, waitAt } = startLimit(200)
    waitAt(1_000, 25, 25, 25)
    expect(limit.limit).toBe(1_024)
    waitAt(1_000, 25)
    expect(limit.limit).toBe(160)
    waitAt(1_050, 25, 25, 25, 25)
    expect(limit.limit).toBe(160)
    waitAt(1_100, 25)
    expect(limit.limit).toBe(128)
  })

  it('is lowered for shorter waits once it has been lowered, and for long ones alone again when it is as high as before', () => {
    const { limit, waitAt } = startLimit(200, { loweredMs: 5 })
    const after = (nowMs: number, waitMs: number) => {
      waitAt(nowMs, waitMs, waitMs, waitMs, waitMs)
      return Math.round(limit.limit)
    }
    expect([after(1_000, 10), after(1_100, 40), after(1_200, 10), after(1_300, 4)]).toEqual([
      1_024, 100, 50, 57,
    ])
    for (let nowMs = 1_400; nowMs < 10_000; nowMs += 100) after(nowMs, 0)
    expect(after(10_000, 10)).toBeGreaterThanOrEqual(1_024)
  })

  it('tells for ten seconds that it was lowered, also when it is as high as before', () => {
    const { limit, waitAt } = startLimit(1_000)
    expect(limit.wasLowered(0)).toBe(false)
    waitAt(1_000, 900, 900, 900, 900)
    for (let nowMs = 1_100; nowMs < 9_000; nowMs += 100) waitAt(nowMs, 0, 0, 0, 0)
    expect(limit.isLowered).toBe(false)
    expect([limit.wasLowered(10_999), limit.wasLowered(11_000)]).toEqual([true, false])
  })

  it('does not hear of what began before it was changed', () => {
    const { limit, waitAt } = startLimit(200)
    waitAt(1_000, 25, 25, 25, 25)
    for (let count = 0; count < 20; count += 1) limit.waited(500, 990, 2_000)
    expect(limit.limit).toBe(160)
  })

  it('never gets less than 32, and grows again as soon as work waits no longer', () => {
    const { limit, waitAt } = startLimit(200)
    for (let nowMs = 1_000; nowMs < 3_000; nowMs += 100) waitAt(nowMs, 900, 900, 900, 900)
    expect(limit.limit).toBe(32)
    for (let nowMs = 3_000; nowMs < 5_000; nowMs += 100) waitAt(nowMs, 0, 0, 0, 0)
    expect(limit.limit).toBeGreaterThan(200)
  })

  it('has no room left for what matters less while it has some for what matters more', () => {
    const { limit, waitAt } = startLimit(32)
    waitAt(1_000, 900, 900, 900, 900)
    limit.leave()
    const rooms = () => [0.5, 0.75, 1].map(share => limit.hasRoom(share, 1_000))
    expect(rooms()).toEqual([false, false, true])
    for (let count = 0; count < 20; count += 1) limit.leave()
    expect(rooms()).toEqual([true, true, true])
  })

  it('grows beyond its first 1,024, to 4,096, only if half of it is needed', () => {
    const limitWith = (underWay: number) => {
      const { limit, waitAt } = startLimit(underWay)
      for (let nowMs = 1_000; nowMs < 60_000; nowMs += 100) waitAt(nowMs, 0, 0, 0, 0)
      return limit.limit
    }
    expect(limitWith(500)).toBe(1_024)
    expect(limitWith(600)).toBeGreaterThan(1_200)
    expect(limitWith(4_000)).toBe(4_096)
  })

  it('is not lowered while fewer than 32 are under way, however long they wait', () => {
    const { limit, waitAt } = startLimit(31)
    for (let nowMs = 1_000; nowMs < 3_000; nowMs += 100) waitAt(nowMs, 900, 900, 900, 900)
    expect(limit.limit).toBe(1_024)
  })

  it('grows once for each second in which it hears nothing and has no room', () => {
    const { limit, waitAt } = startLimit(200)
    waitAt(1_000, 40, 40, 40, 40)
    expect(limit.limit).toBe(100)
    const limitAt = (nowMs: number) => {
      limit.hasRoom(1, nowMs)
      return limit.limit
    }
    expect([1_999, 2_000, 2_001, 2_999, 3_000].map(limitAt)).toEqual([
      100,
      110,
      110,
      110,
      110 + Math.sqrt(110),
    ])
    limit.waited(900, 3_000, 3_900)
    expect(limitAt(4_100)).toBe(110 + Math.sqrt(110))
  })
})

describe('a baseline', () => {
  it('is the least median of five times, and is not known before', () => {
    const baseline = new Baseline()
    const excesses = (...times: readonly number[]) => times.map(ms => baseline.excessOf(ms, 1_000))
    expect(excesses(50, 1, 40, 60, 45)).toEqual(Array.from({ length: 5 }))
    expect(excesses(50, 1, 300)).toEqual([5, 0, 255])
    expect(excesses(300, 300)).toEqual([255, 255])
    expect(excesses(10, 12, 11, 10, 15)).toEqual([0, 0, 0, 0, 0])
    expect(excesses(31)).toEqual([20])
  })

  it('is kept for five to ten minutes, and longer if nothing comes', () => {
    const baseline = new Baseline()
    const at = (nowMs: number, ms: number) => {
      const [first] = Array.from({ length: 5 }, () => baseline.excessOf(ms, nowMs))
      return first
    }
    expect(at(1_000, 10)).toBeUndefined()
    expect(at(302_000, 30)).toBe(20)
    expect(at(603_000, 40)).toBe(10)
    expect(at(604_000, 40)).toBe(10)
    expect(at(905_000, 60)).toBe(20)
    expect(at(10_000_000, 70)).toBe(10)
  })
})

it('tells that the thread is late from the last look, and from one that is overdue', () => {
  const lateness = new LoopLateness()
  expect(lateness.at(1_000)).toBe(0)
  lateness.expect(1_000)
  expect([lateness.at(900), lateness.at(1_060)]).toEqual([0, 60])
  expect(lateness.look(1_070)).toBe(70)
  lateness.expect(1_090)
  expect(lateness.at(1_080)).toBe(70)
})
