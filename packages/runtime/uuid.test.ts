import { expect, it } from 'vitest'
import { isUuid, namedUuid, uuidv7 } from './uuid.ts'

it('makes UUIDs of version 7 that sort by time', () => {
  const ids = [1_000, 2_000, 3_000_000_000_000].map(ms => uuidv7(ms))
  expect(ids.toSorted()).toEqual(ids)
  for (const id of ids)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

it('makes no id twice, and the same id for a name', () => {
  expect(uuidv7(5)).not.toBe(uuidv7(5))
  expect(namedUuid('a', 5)).toBe(namedUuid('a', 5))
  expect(namedUuid('a', 5)).not.toBe(namedUuid('b', 5))
})

it('knows a UUID from other text', () => {
  expect(isUuid(uuidv7())).toBe(true)
  for (const text of ['', 'x', `${uuidv7()} `, '1; drop table users']) expect(isUuid(text)).toBe(false)
})
