import { expect, it } from 'vitest'
import { readDurationUs, readFilter, readFilters, withFilters } from './filters.ts'

it('reads conditions, and looks for words everywhere', () => {
  expect(readFilter('duration>100ms')).toEqual({ key: 'duration', operator: '>', value: '100ms' })
  expect(readFilter(' user.id != a=b ')).toEqual({ key: 'user.id', operator: '!=', value: 'a=b' })
  expect(readFilter('stoneware mug')).toEqual({ key: 'any', operator: '~', value: 'stoneware mug' })
  expect(readFilter('  ')).toBeUndefined()
})

it('keeps filters that are off in the address, and begins anew at the first page', () => {
  const query = new URLSearchParams('filter=a%3D1&off=b%3D2&before=x&more=y')
  expect(readFilters(query)).toEqual({ on: ['a=1'], off: ['b=2'] })
  const changed = withFilters(query, { on: ['b=2', 'b=2'], off: ['a=1'] })
  expect(changed.toString()).toBe('more=y&filter=b%3D2&off=a%3D1')
})

it('reads durations with and without a unit', () => {
  expect(['250us', '100ms', '1.5s', '20', '5m'].map(readDurationUs)).toEqual([
    250, 100_000, 1_500_000, 20_000, 300_000_000,
  ])
  expect(readDurationUs('long')).toBeUndefined()
})
