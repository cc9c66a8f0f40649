import { buildSchema, type FieldNode, parse, print, visit } from 'graphql'
import { expect, it } from 'vitest'
import { createPlanKeysOf } from './plan-keys.ts'

const planKeysOf = createPlanKeysOf(
  buildSchema(
    'type Query { id: ID name: String book: Book as_name: Int } type Book { id: ID sku: ID book(a: Int): Book }',
  ),
)
const written = (text: string) => print(parse(text))

it.each([
  ['{ id: name }', '{ as_id: name }'],
  ['{ id: id name: name }', '{ id: id name: name }'],
  ['{ x: name book { y: id } }', '{ x: name book { y: id } }'],
  ['{ book { sku: __typename __typename: id } }', '{ book { as_sku: __typename as___typename: id } }'],
  ['{ name: id as_name_: id }', '{ as_name__: id as_name_: id }'],
  [
    '{ ...F } fragment F on Query { name: book { id: book(a: 1) { sku } } }',
    '{ ...F } fragment F on Query { as_name_: book { as_id: book(a: 1) { sku } } }',
  ],
  [
    '{ id: name } fragment F on Query { id: as_name }',
    '{ as_id: name } fragment F on Query { as_id: as_name }',
  ],
])('plans %s as %s', (query, planned) => {
  const document = parse(query)
  const keys = planKeysOf(document)
  expect(print(keys.rename(document))).toBe(written(planned))
  const own: string[] = []
  const renamed: string[] = []
  const keysIn = (text: string, keyOf: (node: FieldNode) => string, into: string[]) =>
    visit(parse(text), { Field: node => void into.push(keyOf(node)) })
  keysIn(query, keys.of, own)
  keysIn(planned, node => (node.alias ?? node.name).value, renamed)
  expect(own).toEqual(renamed)
  expect(keys.areRenamed).toBe(written(query) !== written(planned))
})

it('gives clients the paths that they know', () => {
  const keys = planKeysOf(parse('{ id: name }'))
  expect(keys.toClient(['as_id', 0, 'sku', 'as_sku'])).toEqual(['id', 0, 'sku', 'as_sku'])
})
