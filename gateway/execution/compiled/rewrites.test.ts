import { buildSchema } from 'graphql'
import { expect, it } from 'vitest'
import { compileRewrites } from './rewrites.ts'

const schema = buildSchema(`
  type Query { a: Book }
  interface Media { id: ID }
  type Book implements Media { id: ID }
  type Film implements Media { id: ID }
`)

const rename = (path: readonly string[], to: string) =>
  compileRewrites(schema, [{ kind: 'KeyRenamer', path: [...path], renameKeyTo: to }])

it('needs no work if there is nothing to rewrite', () => {
  expect(compileRewrites(schema, undefined)).toBeUndefined()
  expect(compileRewrites(schema, [])).toBeUndefined()
})

it.each([
  ['a key', ['x'], '{"x":1}', '{"y":1}'],
  ['a key in lists of lists', ['a', 'x'], '{"a":[[{"x":1}],null,{"x":2}]}', '{"a":[[{"y":1}],null,{"y":2}]}'],
  [
    'a key of a type',
    ['a', '... on Book', 'x'],
    '{"a":[{"__typename":"Book","x":1},{"__typename":"Film","x":2}]}',
    '{"a":[{"__typename":"Book","y":1},{"__typename":"Film","x":2}]}',
  ],
  [
    'a key of an interface',
    ['... on Media', 'x'],
    '{"__typename":"Film","x":1}',
    '{"__typename":"Film","y":1}',
  ],
  ['a key of an object without a type', ['... on Book', 'x'], '{"x":1}', '{"y":1}'],
  ['0', ['x'], '{"x":0}', '{"y":0}'],
  ['false', ['x'], '{"x":false}', '{"y":false}'],
  ['an empty text', ['x'], '{"x":""}', '{"y":""}'],
  ['null', ['x'], '{"x":null}', '{"y":null}'],
  ['nothing', ['x'], '{"z":1}', '{"z":1}'],
  ['what objects have by nature', ['toString', 'x'], '{"z":1}', '{"z":1}'],
  ['a leaf', ['a', 'x'], '{"a":"text"}', '{"a":"text"}'],
])('renames %s', (_, path, before, after) => {
  const value: unknown = JSON.parse(before)
  rename(path, 'y')?.(value)
  expect(JSON.stringify(value)).toBe(after)
})

it('gives the key __proto__ as a key like any other', () => {
  const value: object = { x: { polluted: true } }
  rename(['x'], '__proto__')?.(value)
  expect(JSON.stringify(value)).toBe('{"__proto__":{"polluted":true}}')
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
})

it('sets values, one rewrite after the other', () => {
  const value = [{ __typename: 'Book' }, { __typename: 'Film' }]
  compileRewrites(schema, [
    { kind: 'ValueSetter', path: ['... on Book', '__typename'], setValueTo: 'Film' },
    { kind: 'ValueSetter', path: ['... on Film', '__typename'], setValueTo: 'Media' },
  ])?.(value)
  expect(value).toEqual([{ __typename: 'Media' }, { __typename: 'Media' }])
})
