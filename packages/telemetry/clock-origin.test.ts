import { expect, it } from 'vitest'
import { createClockOrigin } from './clock-origin.ts'

it.each([
  [
    'is the latest of all readings, which are up to a millisecond too early',
    [99.2, 99.9, 99.4],
    [99.2, 99.9, 99.9],
  ],
  ['does not follow a reading between which the process was interrupted', [99.9, 92, 99.5], [99.9, 99.9]],
  ['follows a clock that is set forward', [99.9, 200, 199.5], [99.9, 200, 200]],
  ['follows a clock that is set back', [99.9, 50.1, 50.3, 50], [99.9, 50.3, 50.3]],
])('%s', (_, readings, origins) => {
  const left = [...readings]
  const originOf = createClockOrigin(() => left.shift() ?? Number.NaN)
  expect(origins.map(() => originOf())).toEqual(origins)
})

it('is the time of the day without what has passed since the process began', () => {
  const originOf = createClockOrigin()
  const before = Date.now()
  const nowMs = originOf() + performance.now()
  expect(nowMs).toBeGreaterThan(before - 1.01)
  expect(nowMs).toBeLessThan(Date.now() + 1.01)
})
