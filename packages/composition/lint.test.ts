import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { lintSchema } from './lint.ts'

const rulesIn = (sdl: string) => lintSchema(sdl).map(({ rule, coordinate }) => `${rule} ${coordinate}`)

it.each([
  [
    'a type in lower case',
    '"D." type order_line { "D." a: Int }',
    ['TYPE_NAMES_SHOULD_BE_PASCAL_CASE order_line'],
  ],
  [
    'a field in upper case',
    'type Query { "D." Product: Int }',
    ['FIELD_NAMES_SHOULD_BE_CAMEL_CASE Query.Product'],
  ],
  [
    'a field with underscores',
    'type Query { "D." best_seller: Int }',
    ['FIELD_NAMES_SHOULD_BE_CAMEL_CASE Query.best_seller'],
  ],
  [
    'a field that is called as in REST',
    'type Query { "D." getProduct: Int }',
    ['RESTY_FIELD_NAMES Query.getProduct'],
  ],
  [
    'an enum value in lower case',
    '"D." enum Status { active }',
    ['ENUM_VALUES_SHOULD_BE_SCREAMING_SNAKE_CASE Status.active'],
  ],
  ['no description of a field', 'type Query { a: Int }', ['ALL_ELEMENTS_REQUIRE_DESCRIPTION Query.a']],
  ['no description of a type', 'union U = A', ['ALL_ELEMENTS_REQUIRE_DESCRIPTION U']],
  ['an empty description', '"" scalar S', ['ALL_ELEMENTS_REQUIRE_DESCRIPTION S']],
  [
    'a deprecation without a reason',
    'type Query { "D." a: Int @deprecated }',
    ['DEPRECATED_DIRECTIVE_REQUIRES_REASON Query.a'],
  ],
])('finds %s', (_title, sdl, rules) => {
  expect(rulesIn(sdl)).toEqual(rules)
})

it.each([
  [
    'an entity that another subgraph describes',
    'type Product @key(fields: "id sku") { id: ID! sku: String! "D." a: Int }',
  ],
  ['a deprecation with a reason', 'type Query { "D." a: Int @deprecated(reason: "Use b.") }'],
  ['a field whose name begins with a verb', 'type Query { "D." listing: Int "D." getaway: Int }'],
])('takes %s', (_title, sdl) => {
  expect(rulesIn(sdl)).toEqual([])
})

it('tells where the name stands', () => {
  const sdl = 'type Query {\n  "Ä." Best: Int\n}'
  expect(lintSchema(sdl).map(({ start, end }) => sdl.slice(start, end))).toEqual(['Best'])
})

const root = join(import.meta.dirname, '..', '..')

it.each(globSync('subgraphs/*/schema.graphql', { cwd: root }))('finds no error in %s', file => {
  const found = lintSchema(readFileSync(join(root, file), 'utf8'))
  expect(found.filter(({ level }) => level === 'ERROR')).toEqual([])
})
