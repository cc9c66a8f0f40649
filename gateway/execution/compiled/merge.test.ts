import { expect, it } from 'vitest'
import { merge } from './merge.ts'
import { parsed } from './shape.fixture.ts'

it.each([
  ['{}', '{"a":1}', '{"a":1}'],
  ['{"a":1}', '{"a":2}', '{"a":2}'],
  ['{"a":1}', '{"a":null}', '{"a":null}'],
  ['{"a":null}', '{"a":{"b":1}}', '{"a":{"b":1}}'],
  ['{"a":{"b":1}}', '{"a":null}', '{"a":null}'],
  ['{"a":{"b":1}}', '{"a":{"c":2}}', '{"a":{"b":1,"c":2}}'],
  ['{"a":{"b":1}}', '{"a":[1]}', '{"a":[1]}'],
  ['{"a":[1]}', '{"a":{"b":1}}', '{"a":{"b":1}}'],
  ['{"a":[{"b":1},null]}', '{"a":[{"c":2},{"c":3}]}', '{"a":[{"b":1,"c":2},{"c":3}]}'],
  ['{"a":[{"b":1},{"b":2}]}', '{"a":[null,{"c":3}]}', '{"a":[null,{"b":2,"c":3}]}'],
  ['{"a":[{"b":1}]}', '{"a":[{"c":2},{"c":3}]}', '{"a":[{"c":2},{"c":3}]}'],
  ['{"a":[]}', '{"a":[]}', '{"a":[]}'],
  ['{"a":[[{"b":1}],[]]}', '{"a":[[{"c":2}],[]]}', '{"a":[[{"b":1,"c":2}],[]]}'],
  ['{"a":[[{"b":1}]]}', '{"a":[[1,2]]}', '{"a":[[1,2]]}'],
  ['{}', '{"constructor":1,"toString":{"a":1}}', '{"constructor":1,"toString":{"a":1}}'],
  ['{"constructor":{"a":1}}', '{"constructor":{"b":2}}', '{"constructor":{"a":1,"b":2}}'],
  ['{}', '{"__proto__":{"a":1}}', '{"__proto__":{"a":1}}'],
  ['{"__proto__":{"a":1}}', '{"__proto__":{"b":2}}', '{"__proto__":{"a":1,"b":2}}'],
  ['{"x":{}}', '{"x":{"__proto__":{"polluted":true}}}', '{"x":{"__proto__":{"polluted":true}}}'],
])('merges into %s, of %s, %s', (target, source, merged) => {
  const into = JSON.parse(target)
  merge(into, JSON.parse(source))
  expect(JSON.stringify(into)).toBe(merged)
  expect(Object.getPrototypeOf(into)).toBe(Object.prototype)
  expect(parsed('{}')).not.toHaveProperty('polluted')
  expect(parsed('{}')).not.toHaveProperty('a')
})

it('leaves what is there where nothing came', () => {
  const target = { a: 1 }
  merge(target, { a: undefined, b: undefined })
  expect(target).toEqual({ a: 1 })
})

it('merges an object into itself', () => {
  const own = { a: { b: [{ c: 1 }] } }
  merge(own, own)
  expect(own).toEqual({ a: { b: [{ c: 1 }] } })
})
