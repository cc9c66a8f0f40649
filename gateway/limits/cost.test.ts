import { composeServices } from '@apollo/composition'
import { getVariableValues, parse, validate } from 'graphql'
import { expect, it } from 'vitest'
import { operationIn } from '../authorization/supergraph.fixture.ts'
import { loadSupergraph } from '../supergraph.ts'
import { createCostOf } from './cost.ts'

const link = (...imports: readonly string[]) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [${imports.join(', ')}])`

const library = `
  ${link('"@key"', '{ name: "@cost", as: "@weight" }', '"@listSize"')}
  type Query {
    shelf(first: Int = 20, last: Int): Shelf
      @listSize(slicingArguments: ["first", "last"], sizedFields: ["books"], requireOneSlicingArgument: false)
    newest(first: Int): [Book!] @listSize(slicingArguments: ["first"], assumedSize: 5, requireOneSlicingArgument: false)
    picked(ids: [ID!]! @weight(weight: 2)): [Book] @listSize(assumedSize: 3)
    book(id: ID, filter: Filter): Book
    all: [Book]
    found: Found
  }
  type Mutation { add(books: [BookInput!]!): Book  copy(id: ID!): Int  burn: Int @weight(weight: 700) }
  type Subscription { added: Book }
  type Shelf { books: [Book!]! names: [String!]! count: Int }
  type Book @key(fields: "id") { id: ID! title: String cover: Cover author: Author tags: [String!] @listSize(assumedSize: 40) }
  type Cover @weight(weight: 8) { url: String }
  type Author { name: String books(first: Int = 2): [Book!] @listSize(slicingArguments: ["first"]) }
  union Found = Book | Author
  input Filter { text: String any: [Filter!] }
  input BookInput { title: String pages: Int @weight(weight: 3) }
`
const reviews = `
  ${link('"@key"', '"@listSize"')}
  type Book @key(fields: "id") { id: ID! reviews(first: Int! = 4): [Review!] @listSize(slicingArguments: ["first"]) }
  type Review { text: String book: Book }
`
const { supergraphSdl, errors } = composeServices([
  { name: 'library', url: 'http://library', typeDefs: parse(library) },
  { name: 'reviews', url: 'http://reviews', typeDefs: parse(reviews) },
])
if (supergraphSdl === undefined) throw new AggregateError(errors ?? [], 'the fixture does not compose')
const supergraph = loadSupergraph(supergraphSdl)
const costOf = createCostOf(supergraph.schema, supergraph.weights)

const cost = (query: string, values: Readonly<Record<string, unknown>> = {}) => {
  expect(validate(supergraph.schema, parse(query))).toEqual([])
  const operation = operationIn(query)
  const { coerced, errors } = getVariableValues(
    supergraph.schema,
    operation.operation.variableDefinitions ?? [],
    values,
  )
  expect(errors).toBeUndefined()
  return Number(costOf(operation, coerced ?? {}).toFixed(3))
}

it.each<[query: string, cost: number, values?: Readonly<Record<string, unknown>>]>([
  ['{ __typename }', 0.1],
  ['{ book(id: 1) { id title } }', 0.1 + 1 + 0.2],
  ['{ book { cover { url } } }', 1 + 8.1],
  ['{ all { id } }', 10 * 1.1],
  ['{ newest { id } }', 5 * 1.1],
  ['{ newest(first: 30) { id } }', 0.1 + 30 * 1.1],
  ['{ book { tags } }', 1 + 40 * 0.1],
  ['{ shelf { books { id } } }', 1 + 20 * 1.1],
  ['{ shelf(first: 7) { books { id } names count } }', 0.1 + 1 + 7 * 1.1 + 10 * 0.1 + 0.1],
  ['{ shelf(first: 7, last: 9) { books { id } } }', 0.2 + 1 + 9 * 1.1],
  ['{ shelf(first: null) { books { id } } }', 1 + 20 * 1.1],
  ['{ shelf(first: -5) { books { id } } }', 0.1 + 1],
  ['{ shelf(first: 7) { ...S } } fragment S on Shelf { ... { books { id } } }', 0.1 + 1 + 7 * 1.1],
  ['{ a: shelf(first: 1) { books { id } } b: shelf(first: 2) { books { id } } }', 0.2 + 2 + 3 * 1.1],

  ['query ($n: Int) { shelf(first: $n) { books { id } } }', 1 + 20 * 1.1],
  ['query ($n: Int) { shelf(first: $n) { books { id } } }', 1 + 20 * 1.1, { n: null }],
  ['query ($n: Int) { shelf(first: $n) { books { id } } }', 0.1 + 1 + 100 * 1.1, { n: 100 }],
  ['query ($n: Int = 50) { shelf(first: $n) { books { id } } }', 0.1 + 1 + 50 * 1.1],
  ['query ($n: Int = 50) { shelf(first: $n) { books { id } } }', 0.1 + 1 + 3 * 1.1, { n: 3 }],
  ['query ($n: Int = 2) { all { reviews(first: $n) { text } } }', 10 * (1.1 + 2 * 1.1)],
  ['{ all { reviews { text } } }', 10 * (1 + 4 * 1.1)],
  [
    'query ($n: Int! = 100) { newest(first: $n) { reviews(first: $n) { book { reviews(first: $n) { text } } } } }',
    0.1 + 100 * (1.1 + 100 * (2.1 + 100 * 1.1)),
  ],
  ['query ($n: Int) { shelf(first: $n) { books { id } } }', 1.1 + 2_147_483_647 * 1.1, { n: 2_147_483_647 }],
  ['query ($n: Int) { shelf(first: $n) { books { id } } }', 1.1, { n: -2_147_483_648 }],
  ['query ($constructor: Int) { shelf(first: $constructor) { books { id } } }', 1 + 20 * 1.1],
  [
    'query ($__proto__: Int) { shelf(first: $__proto__) { books { id } } }',
    1.1 + 1_000 * 1.1,
    JSON.parse('{ "__proto__": 1000 }'),
  ],
  ['{ newest { author { books(first: 3) { author { books { id } } } } } }', 5 * (2.1 + 3 * (2 + 2 * 1.1))],

  ['query ($ids: [ID!]!) { picked(ids: $ids) { id } }', 4 * 2 + 3 * 1.1, { ids: ['1', '2', '3', '4'] }],
  ['query ($ids: [ID!]!) { picked(ids: $ids) { id } }', 2 + 3 * 1.1, { ids: '1' }],
  ['query ($id: ID!) { picked(ids: [$id, "2"]) { id } }', 4 + 3 * 1.1, { id: '1' }],
  ['query ($f: Filter) { book(filter: $f) { id } }', 3.1 + 1.1, { f: { text: 'x', any: [{}, {}] } }],
  ['{ book(filter: { any: { text: "x" } }) { id } }', 2.1 + 1.1],

  ['mutation { add(books: [{ title: "x", pages: 3 }, { title: "y" }]) { id } }', 2 + 3 + 0.2 + 10.1],
  ['mutation { a: copy(id: 1) b: copy(id: 2) burn __typename }', 0.2 + 20 + 700 + 0.1],
  ['subscription { added { id author { name } } }', 2.2],
  ['{ found { ... on Book { id } ... on Author { name } } }', 1.2],

  ['query ($y: Boolean!) { all @include(if: $y) { id } }', 11, { y: true }],
  ['query ($y: Boolean!) { all @include(if: $y) { id } }', 0, { y: false }],
  ['query ($y: Boolean!) { ... @skip(if: $y) { all { id } } }', 0, { y: true }],
  ['{ all @skip(if: true) { id } book { id } }', 1.1],
  [
    'query ($y: Boolean!) { all @include(if: $y) { id } ...F } fragment F on Query { all { title } }',
    11,
    { y: false },
  ],
  [
    'query ($y: Boolean!) { all @include(if: $y) { id } ...F } fragment F on Query { all { title } }',
    12,
    { y: true },
  ],

  ['{ all { id id id } all { id ...B ...B } } fragment B on Book { id title }', 12],
  [`{ all { ${'id '.repeat(700)} } }`, 11],
])('%s costs %d', (query, expected, values) => {
  expect(cost(query, values)).toBe(Number(expected.toFixed(3)))
})

it('reads only the variables of an operation that it has read before', () => {
  const query = `query ($n: Int!) { newest(first: $n) { ${Array.from({ length: 300 }, (_, n) => `a${n}: title`)} } }`
  const operation = operationIn(query)
  const { selectionSet } = operation.operation
  let reads = 0
  const read = () => {
    reads += 1
    return selectionSet
  }
  Object.defineProperty(operation.operation, 'selectionSet', { get: read })
  for (let n = 0; n < 1_000; n += 1) expect(costOf(operation, { n })).toBeCloseTo(0.1 + n * 31)
  expect(reads).toBe(1)
})
