import { expect, it } from 'vitest'
import { z } from 'zod'
import { isInvalid, parseArguments, parseInput } from './input.ts'

const shape = z.object({ name: z.string().trim(), lines: z.array(z.object({ city: z.string() })) })

it('returns what the shape makes of an input, without fields that the shape lacks', () => {
  const parsed = parseInput(shape, { name: ' Ada ', lines: [], age: 36 })
  expect(parsed).toEqual({ name: 'Ada', lines: [] })
  expect(isInvalid(parsed)).toBe(false)
})

it('names the first value that can not be accepted by its path in the whole input', () => {
  const input = { name: 'Ada', lines: [{ city: 'London' }, { city: null }] }
  const parsed = parseInput(shape, input, ['book'])
  expect(parsed).toMatchObject({ kind: 'invalidInput', field: 'book.lines.1.city' })
  expect(isInvalid(parsed)).toBe(true)
})

it('throws what the shape says of the first argument that can not be accepted', () => {
  const days = z.object({ from: z.string(), days: z.int().min(1, 'Ask for a day at least.') })
  expect(parseArguments(days, { from: '2026-01-01', days: 2 })).toEqual({ from: '2026-01-01', days: 2 })
  expect(() => parseArguments(days, { from: '2026-01-01', days: 0 })).toThrow(
    expect.objectContaining({ message: 'Ask for a day at least.', extensions: { code: 'BAD_USER_INPUT' } }),
  )
})
