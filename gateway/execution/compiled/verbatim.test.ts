import { expect, it } from 'vitest'
import { generateJsonWriter } from './json-writer.ts'
import { operationOn, parsed, schema } from './shape.fixture.ts'
import { compileVerbatim } from './verbatim.ts'

/** What takes the data of a query to which one subgraph is asked the same, or another question. */
const takeFor = (query: string, operation = query) => compileVerbatim(operationOn(query).shape, { operation })

const query = `{
  int float string id boolean level any must ints grid strict
  thing { __typename id renamed: name size next { id } }
  things { id level }
}`
const data = {
  int: -12,
  float: 1.5e-7,
  string: 'a "quoted" \\ text,\n with ]}, ü and \u2028',
  id: '7',
  boolean: false,
  level: 'HIGH',
  any: 'any',
  must: 0,
  ints: [1, null, 3],
  grid: [[1, 2], null, []],
  strict: [],
  thing: { __typename: 'Thing', id: '1', renamed: null, size: 3, next: null },
  things: [
    { id: '1', level: 'LOW' },
    { id: '2', level: 'HIGH' },
  ],
}
const regular = JSON.stringify({ data })

it('takes the data of an answer that the client is to get as it is', () => {
  const take = takeFor(query)
  expect(take?.(regular)).toBe(JSON.stringify(data))
  expect(take?.(`${regular}\n`)).toBe(JSON.stringify(data))
  const nothing = { ...data, int: null, float: null, string: null, ints: null, grid: null, things: null }
  expect(take?.(JSON.stringify({ data: nothing }))).toBe(JSON.stringify(nothing))
})

it.each<readonly [string, unknown]>([
  ['a text for an int', { ...data, int: '1' }],
  ['a fraction for an int', { ...data, int: 1.5 }],
  ['a number for a text', { ...data, string: 1 }],
  ['a number for an id', { ...data, id: 1 }],
  ['a text for a boolean', { ...data, boolean: 'true' }],
  ['a level that there is not', { ...data, level: 'MIDDLE' }],
  ['a type that there is not', { ...data, thing: { ...data.thing, __typename: 'Other' } }],
  ['a null that may not be', { ...data, must: null }],
  ['a null in a list that may have none', { ...data, strict: [1, null] }],
  ['an object for a list', { ...data, ints: {} }],
  ['a list for an object', { ...data, thing: [data.thing] }],
  ['what was not asked for', { ...data, secret: 1 }],
  ['less than was asked for', { ...data, things: undefined }],
  ['another order', Object.fromEntries(Object.entries(data).toReversed())],
])('leaves to be read what has %s', (_, other) => {
  expect(takeFor(query)?.(JSON.stringify({ data: other }))).toBeUndefined()
})

it.each([
  regular.replace('"data"', '"errors":[{"message":"no"}],"data"'),
  regular.replace(/\}$/, ',"errors":[{"message":"no"}]}'),
  regular.replace(/\}$/, ',"extensions":{}}'),
  JSON.stringify({ data: null }),
  JSON.stringify({ data }, null, 2),
  regular.replace('[1,null,3]', '[1,null,3,]'),
  regular.replace('[1,null,3]', '[1 null]'),
  regular.replace('-12', '-012'),
  regular.replace('-12', '-0'),
  regular.replace('1.5e-7', '1e999'),
  regular.replace('1.5e-7', 'NaN'),
  regular.replace(String.raw`\n`, '\n'),
  regular.replace(String.raw`\n`, String.raw`\x`),
  regular.replace(String.raw`\n`, String.raw`\u12`),
  `${regular}{}`,
  regular.slice(0, -1),
  '',
])('leaves %s to be read', text => {
  expect(text).not.toBe(regular)
  expect(takeFor(query)?.(text)).toBeUndefined()
})

it('takes nothing that would be written otherwise, whichever character of an answer is another one', () => {
  const write = generateJsonWriter(schema, operationOn(query).shape)
  const take = takeFor(query)
  let taken = 0
  for (let at = 0; at < regular.length; at += 1)
    for (const character of ['', ...'{}[]",:\\0159.-+eEu nltrfa\n']) {
      const changed = `${regular.slice(0, at)}${character}${regular.slice(at + 1)}`
      const text = take?.(changed)
      if (text === undefined) continue
      taken += 1
      expect(JSON.parse(write?.(parsed(changed).data) ?? '')).toEqual(JSON.parse(text))
    }
  expect(taken).toBeGreaterThan(500)
})

it('takes a time in proportion to the text, also of one that ends wrong', () => {
  const take = takeFor('{ ints grid things { name } }')
  const things = Array.from({ length: 1_000 }, () => ({ name: '"'.repeat(20) }))
  const data = { ints: Array(72_000).fill(1), grid: Array(14_000).fill([1]), things }
  const text = JSON.stringify({ data })
  expect(text.length).toBeGreaterThan(250_000)
  expect(take?.(text)).toBe(JSON.stringify(data))
  expect(take?.(text.slice(0, -2))).toBeUndefined()
})

it.each([
  ['{ int string }', '{ string int }'],
  ['{ int }', '{ int string }'],
  ['{ a: int }', '{ int }'],
  ['{ thing { id } }', '{ thing { __typename id } }'],
  ['{ thing { id } }', '{ thing { ... { id } } }'],
  ['{ int }', 'query ($a: Boolean!) { int @include(if: $a) }'],
  ['{ node { id } }', '{ node { id } }'],
  ['{ found { __typename } }', '{ found { __typename } }'],
  ['{ __schema { description } }', '{ __schema { description } }'],
  ['{ thing { ...F } } fragment F on Thing { id }', '{ thing { ...F } } fragment F on Thing { id }'],
])('takes no answer for %s from what is asked by %s', (query, operation) => {
  expect(takeFor(query, operation)).toBeUndefined()
})

it('leaves to be read what has more than 262,144 characters', () => {
  const take = takeFor('{ string }')
  const answerOf = (length: number) => JSON.stringify({ data: { string: 'x'.repeat(length - 22) } })
  expect(answerOf(262_144)).toHaveLength(262_144)
  expect(take?.(answerOf(262_144))).toBeDefined()
  expect(take?.(answerOf(262_145))).toBeUndefined()
})

it('takes no answers of more than 300 fields', () => {
  const fields = (count: number) =>
    `{ ${Array.from({ length: count }, (_, index) => `a${index}: int`).join(' ')} }`
  expect(takeFor(fields(300))).toBeDefined()
  expect(takeFor(fields(301))).toBeUndefined()
})
