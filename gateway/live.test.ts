import { expect, it } from 'vitest'
import { createLive } from './live.ts'

it("counts subscriptions whose names are not recorded as other, and closes whose codes are a client's own", () => {
  const live = createLive(new Set(['OrderUpdates']))
  live.countsOf('OrderUpdates').open += 1
  for (const name of ['Made_up', undefined]) live.countsOf(name).open += 1
  expect([...live.subscriptions].map(([name, { open }]) => [name, open])).toEqual([
    ['OrderUpdates', 1],
    ['other', 2],
  ])
  for (const code of [1_001, 1_006, 4_401, 4_401, 3_000, 4_999]) live.countClose(code)
  expect(Object.fromEntries(live.closes)).toEqual({ 1001: 1, 1006: 1, 4401: 2, other: 2 })
})
