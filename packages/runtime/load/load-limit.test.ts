import { describe, expect, it } from 'vitest'
import { LoadLimit } from './load-limit.ts'
import { Shortest } from './shortest.ts'

const settings = { targetMs: 20, samples: 4 }

/** A limit with so many under way, and what tells it of waits at a time. */
const startLimit = (underWay: number) => {
  const limit = new LoadLimit(settings)
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
    expect(limit.hasRoom(1)).toBe(false)
  })

  it('is lowered the more, the longer the shortest wait is', () => {
    const { limit, waitAt } = startLimit(200)
    waitAt(1_000, 900, 1_000, 40, 500)
    expect(limit.limit).toBe(100)
  })

  it('stays as high when one wait was short, since there is no queue then', () => {
    const { limit, waitAt } = startLimit(200)
    waitAt(1_000, 900, 900, 1, 900)
    expect(limit.limit).toBeGreaterThanOrEqual(4_096)
  })

  it('is not changed by fewer waits than it takes, nor twice within a tenth of a second', () => {
    const { limit, waitAt } = startLimit(200)
    waitAt(1_000, 25, 25, 25)
    expect(limit.limit).toBe(4_096)
    waitAt(1_000, 25)
    expect(limit.limit).toBe(160)
    waitAt(1_050, 25, 25, 25, 25)
    expect(limit.limit).toBe(160)
    waitAt(1_100, 25)
    expect(limit.limit).toBe(128)
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
    const { limit, waitAt } = startLimit(30)
    waitAt(1_000, 900, 900, 900, 900)
    expect([limit.hasRoom(0.5), limit.hasRoom(0.75), limit.hasRoom(1)]).toEqual([false, false, true])
    for (let count = 0; count < 20; count += 1) limit.leave()
    expect([limit.hasRoom(0.5), limit.hasRoom(0.75), limit.hasRoom(1)]).toEqual([true, true, true])
  })
})

it('finds the shortest time of the last minutes, and forgets it', () => {
  const shortest = new Shortest()
  expect([10, 4, 24].map(ms => shortest.excessOf(ms, 1_000))).toEqual([0, 0, 20])
  expect(shortest.excessOf(30, 302_000)).toBe(26)
  expect(shortest.excessOf(40, 603_000)).toBe(10)
})
