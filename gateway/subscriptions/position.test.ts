import { expect, it } from 'vitest'
import { cursorIn, idOf } from './position.ts'

it.each([
  ['a b/ü:☕', 'String'],
  [7, 'Int'],
  [-7, 'Int'],
  [1.5, 'Float'],
])('gives the cursor %j an id from which it can be read', (cursor, type) => {
  const id = idOf(cursor) ?? ''
  expect(id).toMatch(/^[\x21-\x7e]+$/)
  expect(cursorIn(id, type)).toBe(cursor)
})

it('gives no id to a cursor that holds half a character', () => {
  expect(idOf('\ud800')).toBeUndefined()
})

it.each([
  ['%', 'String'],
  ['%ED%A0%80', 'String'],
  ['', 'Int'],
  [' ', 'Int'],
  ['one', 'Int'],
  ['1.5', 'Int'],
  ['99999999999', 'Int'],
  ['1e999', 'Float'],
  ['1', undefined],
])('finds no cursor in the id "%s" for the type %s', (id, type) => {
  expect(cursorIn(id, type)).toBeUndefined()
})
