import { types } from 'pg'
import { expect, it } from 'vitest'
import { columnTypes } from './column-types.ts'

const readTime = columnTypes.getTypeParser(types.builtins.TIMESTAMPTZ, 'text')
const readBigint = columnTypes.getTypeParser(types.builtins.INT8, 'text')

it.each([
  ['2026-11-30 15:01:35+00', '2026-11-30T15:01:35.000Z'],
  ['2026-11-30 15:01:35.5+00', '2026-11-30T15:01:35.500Z'],
  ['2026-11-30 15:01:35.04+00', '2026-11-30T15:01:35.040Z'],
  ['2026-11-30 15:01:35.569+00', '2026-11-30T15:01:35.569Z'],
  ['2024-02-29 23:59:59.999999+00', '2024-02-29T23:59:59.999Z'],
  ['1969-12-31 23:59:59.9+00', '1969-12-31T23:59:59.900Z'],
  ['0099-01-01 00:00:00+00', '0099-01-01T00:00:00.000Z'],
  ['0100-01-01 00:00:00+00', '0100-01-01T00:00:00.000Z'],
  ['0044-03-15 12:00:00+00 BC', '-000043-03-15T12:00:00.000Z'],
  ['12026-11-30 15:01:35+00', '+012026-11-30T15:01:35.000Z'],
  ['2026-11-30 15:01:35.123+05:30', '2026-11-30T09:31:35.123Z'],
  ['2026-11-30 15:01:35-03', '2026-11-30T18:01:35.000Z'],
  ['1880-01-01 00:00:00+00:53:28', '1879-12-31T23:06:32.000Z'],
])('reads the time %s', (text, expected) => {
  expect(readTime(text)).toEqual(new Date(expected))
})

it('reads a time without an end as pg does', () => {
  expect(readTime('infinity')).toBe(Number.POSITIVE_INFINITY)
  expect(readTime('-infinity')).toBe(Number.NEGATIVE_INFINITY)
})

it.each([
  ['0', 0],
  ['-125', -125],
  ['9007199254740991', 9_007_199_254_740_991],
  ['9007199254740993', '9007199254740993'],
  ['-9223372036854775808', '-9223372036854775808'],
])('reads the whole number %s', (text, expected) => {
  expect(readBigint(text)).toBe(expected)
})
