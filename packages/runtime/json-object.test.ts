import { expect, it } from 'vitest'
import { isJsonObject, type JsonObject, setOwn } from './json-object.ts'

it.each([
  [{}, true],
  [Object.create(null), true],
  [[], false],
  [null, false],
  [undefined, false],
  ['{}', false],
  [1, false],
])('tells of %j whether it is an object of JSON', (value, expected) => {
  expect(isJsonObject(value)).toBe(expected)
})

it('sets any key as JSON.parse does', () => {
  const object: JsonObject = {}
  for (const key of ['a', '__proto__', 'constructor']) setOwn(object, key, { b: 1 })
  expect(JSON.stringify(object)).toBe('{"a":{"b":1},"__proto__":{"b":1},"constructor":{"b":1}}')
  expect(Object.getPrototypeOf(object)).toBe(Object.prototype)
  setOwn(object, '__proto__', 2)
  expect(object).toEqual(JSON.parse('{"a":{"b":1},"__proto__":2,"constructor":{"b":1}}'))
})
