import { expect, it } from 'vitest'
import { createRecentKeys } from './recent-keys.ts'

it('knows the newest 1,000 keys again, and takes what has no key for new', () => {
  const keys = createRecentKeys()
  for (let key = 0; key < 1_001; key += 1) expect(keys.add(key)).toBe(true)
  expect([keys.add(1_000), keys.add(1), keys.add(0)]).toEqual([false, false, true])
  expect([keys.add(undefined), keys.add(undefined)]).toEqual([true, true])
})
