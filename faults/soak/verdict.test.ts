import { expect, it } from 'vitest'
import type { Life } from './meter.ts'
import { judge } from './verdict.ts'

const minuteMs = 60_000

/** A heap and open files, minute by minute. */
const lifeOf = ({
  from = 0,
  minutes = 20,
  heapOf = (_minute: number) => 50,
  filesOf = (_minute: number) => 40,
}): Life => {
  const pointsOf = (levelOf: (minute: number) => number) =>
    Array.from({ length: minutes + 1 }, (_, minute) => ({
      atMs: (from + minute) * minuteMs,
      value: levelOf(minute),
    }))
  return { heap: pointsOf(heapOf), files: pointsOf(filesOf) }
}

it('names the process and what it keeps', () => {
  const leaking = lifeOf({ heapOf: minute => 50 + minute, filesOf: minute => 40 + minute / 2 })
  const { growing, judged } = judge(
    new Map([
      ['orders-1', [leaking]],
      ['users', [lifeOf({})]],
    ]),
  )
  expect(growing).toEqual([
    'orders-1 grows: 63.3 MiB heap, +60.0 an hour',
    'orders-1 grows: 46.6 open files, +30.0 an hour',
  ])
  expect(judged).toBe(2)
})

it('finds a leak in any life that is long enough, and begins anew with each', () => {
  const fresh = lifeOf({ heapOf: () => 40 })
  const older = lifeOf({ from: 20, heapOf: () => 70 })
  const leaking = lifeOf({ from: 40, heapOf: minute => 40 + minute })
  expect(judge(new Map([['orders-2', [fresh, older]]])).growing).toEqual([])
  expect(judge(new Map([['orders-2', [fresh, leaking, older]]])).growing).toHaveLength(1)
})

it('judges no life that is too short', () => {
  const short = lifeOf({ minutes: 10, heapOf: minute => 50 * (minute + 1) })
  expect(judge(new Map([['orders-2', [short]]]))).toMatchObject({ growing: [], judged: 0 })
})
