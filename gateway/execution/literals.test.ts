import { buildSchema, getOperationAST, parse, print, validate } from 'graphql'
import { describe, expect, it } from 'vitest'
import { liftLiterals } from './literals.ts'

const schema = buildSchema(`
  scalar Date
  enum Sort { NAME PRICE }
  input Filter { search: String inStock: Boolean and: [Filter!] }
  interface Node { id: ID! }
  type Product implements Node { id: ID! name(length: Int = 5): String related(first: Int!, sort: Sort): [Product!] }
  type Query {
    node(id: ID!): Node
    products(first: Int! = 20, after: String, filter: Filter, ids: [ID!], since: Date, ratio: Float, sort: Sort): [Product!]
  }
  type Mutation { rename(id: ID!, name: String): Product }
  type Subscription { changed(ids: [ID!]!): Product }
`)

const lift = (query: string) => {
  const document = parse(query)
  const operation = getOperationAST(document, 'A') ?? getOperationAST(document)
  if (operation == null) throw new Error('name one operation')
  const lifted = liftLiterals(schema, { document, operation })
  expect(validate(schema, lifted.document).map(({ message }) => message)).toEqual([])
  expect(lifted.document.definitions).toContain(lifted.operation)
  return { text: print(lifted.document).replace(/\s+/g, ' '), values: { ...lifted.values } }
}

describe('the literals of an operation', () => {
  it.each([
    [
      'an id',
      '{ node(id: "7") { id } }',
      'query ($literal0: ID!) { node(id: $literal0) { id } }',
      { literal0: '7' },
    ],
    [
      'a number as id',
      '{ node(id: 7) { id } }',
      'query ($literal0: ID!) { node(id: $literal0) { id } }',
      { literal0: 7 },
    ],
    [
      'each kind of value',
      '{ products(first: 5, after: null, filter: { search: "a", and: [{ inStock: true }] }, ids: "7", since: "2026-03-01", ratio: 1.5, sort: NAME) { id } }',
      'query ($literal0: Int!, $literal1: String, $literal2: Filter, $literal3: [ID!], $literal4: Date, $literal5: Float, $literal6: Sort) { products( first: $literal0 after: $literal1 filter: $literal2 ids: $literal3 since: $literal4 ratio: $literal5 sort: $literal6 ) { id } }',
      {
        literal0: 5,
        literal1: null,
        literal2: { search: 'a', and: [{ inStock: true }] },
        literal3: '7',
        literal4: '2026-03-01',
        literal5: 1.5,
        literal6: 'NAME',
      },
    ],
    [
      'equal ones as one, so that a field stays the same in two places',
      '{ products(first: 5) { id } ...F } fragment F on Query { products(first: 5) { related(first: 5) { id } } }',
      'query ($literal0: Int!) { products(first: $literal0) { id } ...F } fragment F on Query { products(first: $literal0) { related(first: $literal0) { id } } }',
      { literal0: 5 },
    ],
    [
      'equal objects as one, in whatever order their fields are written',
      '{ products(filter: { search: "a", and: [{ inStock: true, search: "b" }] }) { id } ...F } fragment F on Query { products(filter: { and: [{ search: "b", inStock: true }], search: "a" }) { name } }',
      'query ($literal0: Filter) { products(filter: $literal0) { id } ...F } fragment F on Query { products(filter: $literal0) { name } }',
      { literal0: { search: 'a', and: [{ inStock: true, search: 'b' }] } },
    ],
    [
      'a block string as the string that it is',
      '{ products(after: "a\\nb") { id } ...F } fragment F on Query { products(after: """a\nb""") { name } }',
      'query ($literal0: String) { products(after: $literal0) { id } ...F } fragment F on Query { products(after: $literal0) { name } }',
      { literal0: 'a\nb' },
    ],
    [
      'beside variables, whose names they never take',
      'query ($literal0: ID!, $n: Int!) { node(id: $literal0) { ... on Product { name(length: 3) related(first: $n) { id } } } }',
      'query ($literal0: ID!, $n: Int!, $literal0_: Int) { node(id: $literal0) { ... on Product { name(length: $literal0_) related(first: $n) { id } } } }',
      { literal0_: 3 },
    ],
    [
      'of a mutation',
      'mutation { rename(id: "7", name: "Mug") { id } }',
      'mutation ($literal0: ID!, $literal1: String) { rename(id: $literal0, name: $literal1) { id } }',
      { literal0: '7', literal1: 'Mug' },
    ],
    [
      'of a subscription',
      'subscription { changed(ids: ["1", "2"]) { id } }',
      'subscription ($literal0: [ID!]!) { changed(ids: $literal0) { id } }',
      { literal0: ['1', '2'] },
    ],
    [
      'of the operation that is named, without the others',
      'query A { node(id: "1") { id } } query B { node(id: "2") { id } }',
      'query A($literal0: ID!) { node(id: $literal0) { id } }',
      { literal0: '1' },
    ],
  ])('become variables: %s', (_, query, text, values) => {
    expect(lift(query)).toEqual({ text, values })
  })

  it.each([
    ['none', '{ products { id } }'],
    [
      'that have variables in them',
      'query ($s: String) { products(filter: { search: $s, inStock: true }) { id } }',
    ],
    ['of directives', '{ products { id @include(if: true) name @skip(if: false) } }'],
    ['of introspection', '{ __type(name: "Product") { fields(includeDeprecated: true) { name } } }'],
    ['that are no numbers of JSON', '{ node(id: 12345678901234567890) { id } }'],
    ['that are too large for JSON', '{ products(ratio: 1e400) { id } }'],
    ['that are defaults of variables', 'query ($n: Int! = 5) { products(first: $n) { id } }'],
  ])('stay as they are: %s', (_, query) => {
    expect(lift(query)).toEqual({ text: print(parse(query)).replace(/\s+/g, ' '), values: {} })
  })
})
