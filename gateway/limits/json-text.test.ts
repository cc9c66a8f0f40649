import { expect, it } from 'vitest'
import { excessIn } from './json-text.ts'
import { maxNesting, maxValues } from './nesting.ts'

const excess = (json: string) => excessIn(Buffer.from(json))
const operation = (variables: unknown) => JSON.stringify({ query: '{ a }', variables })
const nestedIn = (levels: number, open: string, close: string) => open.repeat(levels) + close.repeat(levels)

it.each<[string, string, ReturnType<typeof excessIn>]>([
  ['as many elements as are allowed', operation({ ids: Array(maxValues - 1).fill(1) }), undefined],
  ['as many fields as are allowed', operation(Object.fromEntries(Array(maxValues).entries())), undefined],
  ['far more elements', operation({ ids: Array(maxValues + 200).fill(1) }), 'values'],
  ['far more fields', `{${Array.from({ length: 24_000 }, (_, key) => `"k${key}":1`)}}`, 'values'],
  ['far more lists', operation(Array(maxValues + 200).fill([])), 'values'],
  ['commas and brackets in a text', operation({ a: ',[{'.repeat(50_000) }), undefined],
  ['commas in a text after quotes', operation({ a: '\\",\\\\'.repeat(50_000) }), undefined],
  ['brackets as deep as is allowed', `{"variables":${nestedIn(maxNesting, '[', ']')}}`, undefined],
  ['brackets that are nested deeper', nestedIn(maxNesting + 2, '[', ']'), 'nesting'],
  ['braces that are nested deeper', '{"a":'.repeat(maxNesting + 2), 'nesting'],
  ['brackets beside each other', operation(Array(2_000).fill([{}])), undefined],
  ['a text that does not end', `{"query":"${',['.repeat(10_000)}`, undefined],
  ['a text that ends in a backslash', '{"query":"a\\', undefined],
  ['nothing', '', undefined],
])('finds what %s has too much of', (_name, json, expected) => {
  expect(excess(json)).toBe(expected)
})
