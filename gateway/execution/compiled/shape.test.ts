import { isCompositeType, isObjectType } from 'graphql'
import { expect, it } from 'vitest'
import { operationOn, schema } from './shape.fixture.ts'
import { type ObjectShape, typesOf } from './shape.ts'

/** A shape as text: keys in their order, and what is inside for each type. */
const textOf = ({ fields }: ObjectShape, depth = 0): string =>
  fields
    .map(field => {
      if (field.kind !== 'field' || field.shapeOf === undefined || depth > 3) return field.key
      const { shapeOf } = field
      return `${field.key} {${['Thing', 'Other'].map(name => ` ${name}: ${insideOf(name, shapeOf)}`).join(',')} }`
    })
    .join(' ')

const insideOf = (name: string, shapeOf: (type: ObjectShape['type']) => ObjectShape): string => {
  const type = schema.getType(name)
  return isObjectType(type) ? textOf(shapeOf(type), 4) : ''
}

it.each([
  ['{ int string }', {}, 'int string'],
  ['{ b: int a: int int }', {}, 'b a int'],
  ['{ int string int }', {}, 'int string'],
  ['{ __typename t: __typename }', {}, '__typename t'],
  ['{ toString: int constructor: string __proto__: id }', {}, 'toString constructor __proto__'],
  ['{ node { id } node { name } }', {}, 'node { Thing: id name, Other: id name }'],
  [
    '{ node { ... on Thing { size } id ... on Other { size2: size } } }',
    {},
    'node { Thing: size id, Other: id size2 }',
  ],
  [
    '{ node { ... on Named { name } ... on Node { id } ... { x: id } } }',
    {},
    'node { Thing: name id x, Other: id x }',
  ],
  [
    '{ found { ... on Node { id } ... on Thing { name } __typename } }',
    {},
    'found { Thing: id name __typename, Other: id __typename }',
  ],
  [
    '{ node { ...A } node { ...B } } fragment A on Node { id ...B } fragment B on Thing { name }',
    {},
    'node { Thing: id name, Other: id }',
  ],
  ['query ($a: Boolean!) { int @skip(if: $a) string @include(if: $a) }', { a: true }, 'string'],
  ['query ($a: Boolean!) { int @skip(if: $a) string @include(if: $a) }', { a: false }, 'int'],
  [
    'query ($a: Boolean!) { node @skip(if: $a) { id } node { name } }',
    { a: true },
    'node { Thing: name, Other: name }',
  ],
  [
    'query ($a: Boolean!) { node { ...F @include(if: $a) name } } fragment F on Node { id }',
    { a: false },
    'node { Thing: name, Other: name }',
  ],
  ['query ($a: Boolean!) { int @skip(if: $a) int }', { a: true }, 'int'],
])('tells the shape of %s with %o', (query, variables, text) => {
  expect(textOf(operationOn(query, variables).shape)).toBe(text)
})

it('tells introspection from fields, and joins what is selected of it in several places', () => {
  const { fields } = operationOn(
    '{ __schema { queryType { name } } __schema { types { name } } x: __type(name: "Any") { name } }',
  ).shape
  expect(fields).toMatchObject([
    { kind: 'introspection', key: '__schema', node: { selectionSet: { selections: { length: 2 } } } },
    { kind: 'introspection', key: 'x' },
  ])
})

it('finds a shape inside once for each type', () => {
  const [field] = operationOn('{ thing { next { id } } }').shape.fields
  if (field?.kind !== 'field' || field.shapeOf === undefined) throw new Error('it has no shape')
  const thing = schema.getType('Thing')
  if (!isObjectType(thing)) throw new Error('there is no such type')
  expect(field.shapeOf(thing)).toBe(field.shapeOf(thing))
})

it.each([
  ['Thing', ['Thing']],
  ['Node', ['Node', 'Named', 'Thing', 'Other']],
  ['Named', ['Named', 'Thing']],
  ['Found', ['Thing', 'Other']],
])('knows which types objects of %s may have', (name, expected) => {
  expect(namesOf(name)).toEqual(expected)
})

const namesOf = (name: string): readonly string[] => {
  const type = schema.getType(name)
  return isCompositeType(type) ? typesOf(schema, type).map(each => each.name) : []
}
