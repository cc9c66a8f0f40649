import { expect, it } from 'vitest'
import { toClientOperation } from './client-operation.ts'
import { problemOfText } from './stored-text.ts'

it.each([
  ['a description\0', undefined, 'It has a NUL character in line 1: leave it out'],
  ['one\r\ntwo\n\0', undefined, 'It has a NUL character in line 3: leave it out'],
  ['half \ud83d', undefined, 'It has half of a character: it is no Unicode'],
  ['longer', 5, 'It has more than 5 characters: shorten it'],
  ['Grüße 🛒\t\u0001', 11, undefined],
])('says of %j what PostgreSQL would not keep', (text, maxLength, problem) => {
  expect(problemOfText(text, maxLength)).toBe(problem)
})

it('records no operation with a NUL character', () => {
  expect(() => toClientOperation('# a \0 comment\n{ me { id } }')).toThrow(
    "an operation can't be kept: It has a NUL character in line 1",
  )
})
