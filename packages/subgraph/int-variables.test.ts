import { buildSchema, parse, print, validate } from 'graphql'
import { describe, expect, it } from 'vitest'
import { widenIntVariables } from './int-variables.ts'
import { checkScalars } from './scalars.ts'

const schema = buildSchema(`
  scalar SafeInt
  type Query { products(first: Int, filter: Filter, prices: [SafeInt!]): [Product!]! least(of: SafeInt! = 1): Int }
  type Subscription { sold(filter: Filter): Product }
  type Mutation { create(input: Create!): Product }
  type Product { id: ID! similar(maxMinor: SafeInt): [Product!]! }
  input Filter { minMinor: SafeInt maxMinor: SafeInt }
  input Create { name: String! priceMinor: SafeInt! available: Int! }
`)
checkScalars(schema)
const widen = (query: string) => widenIntVariables(schema, parse(query))

describe('a document from before amounts had 53 bits', () => {
  it.each([
    ['query ($min: Int) { products(filter: { minMinor: $min }) { id } }'],
    ['query ($min: Int = 5, $max: Int!) { products(filter: { minMinor: $min, maxMinor: $max }) { id } }'],
    ['mutation ($price: Int!) { create(input: { name: "Mug", priceMinor: $price, available: 1 }) { id } }'],
    ['query ($prices: [Int!]) { products(prices: $prices) { id } }'],
    ['query ($price: Int!) { products(prices: [$price, 7]) { id } }'],
    ['query ($max: Int) { products { ...P } } fragment P on Product { similar(maxMinor: $max) { id } }'],
    [
      'query ($max: Int) { products { ... on Product { a: similar(maxMinor: $max) { id } b: similar(maxMinor: $max) { id } } } }',
    ],
    ['query ($n: Int, $max: Int) { products(first: $n) { similar(maxMinor: $max) { id } } }'],
    [
      'query A($max: Int) { products { ...P } } query B($max: Int) { products { ...P } } fragment P on Product { similar(maxMinor: $max) { id } }',
    ],
    ['query ($of: Int) { least(of: $of) }'],
    [
      'query A($n: Int) { products(filter: { minMinor: $n }) { id } } query B($n: Int) { products(first: $n) { id } }',
    ],
    [
      'query ($n: Int) { products { ...P } } fragment P on Product { ...Q } fragment Q on Product { similar(maxMinor: $n) { id } }',
    ],
    ['query ($min: Int = 3000000000) { products(filter: { minMinor: $min }) { id } }'],
    ['subscription ($min: Int) { sold(filter: { minMinor: $min }) { id } }'],
    ['query ($min: Int, $on: Boolean!) { products(filter: { minMinor: $min }) @include(if: $on) { id } }'],
  ])('is valid: %s', query => {
    expect(validate(schema, parse(query))).not.toEqual([])
    expect(validate(schema, widen(query))).toEqual([])
  })

  it('keeps what its variables were, but for their type', () => {
    const query =
      'query P($first: Int = 3, $min: Int = 5) { products(first: $first, filter: {minMinor: $min}) { id } }'
    const widened = query.replace('$min: Int', '$min: SafeInt')
    expect(print(widen(query))).toBe(print(parse(widened)))
  })
})

it.each([
  ['query ($n: Int) { products(first: $n, filter: { minMinor: $n }) { id } }', 'Int and SafeInt'],
  ['query ($n: String) { products(filter: { minMinor: $n }) { id } }', 'a String'],
  ['query ($n: Float) { products(filter: { minMinor: $n }) { id } }', 'a Float'],
  ['query ($n: [Int]) { products(filter: { minMinor: $n }) { id } }', 'a list'],
  ['query ($n: Int) { products(prices: [$n]) { id } }', 'null for a number'],
  ['query ($n: Int = "5") { products(filter: { minMinor: $n }) { id } }', 'a text as default'],
  [
    'query ($n: Int) { products(first: $n) { ...P } } fragment P on Product { similar(maxMinor: $n) { id } }',
    'both, in a fragment',
  ],
  [
    'query ($n: Int) { products { ...P } } fragment P on Product { ...P similar(maxMinor: $n) { id } }',
    'a circle',
  ],
  ['query ($n: Int) { nothing(a: $n) { id } ...Nowhere }', 'what is unknown'],
  ['mutation ($n: Int) { create(input: { name: "Mug", priceMinor: $n, available: 1 }) { id } }', 'null'],
])('does not make valid what was wrong: %s', query => {
  expect(validate(schema, widen(query))).not.toEqual([])
})

it.each([
  'query ($first: Int) { products(first: $first) { id } }',
  'query ($unused: Int) { least }',
  '{ least }',
  'query ($min: SafeInt) { products(filter: { minMinor: $min }) { id } }',
])('leaves every other document as it is: %s', query => {
  const document = parse(query)
  expect(widenIntVariables(schema, document)).toBe(document)
})
