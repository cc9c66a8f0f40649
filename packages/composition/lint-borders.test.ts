import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { composeSubgraphs } from './composition.ts'
import { findBorders } from './lint-borders.ts'

const products = `
  type Query { product(id: ID!): Product }
  type Product @key(fields: "id") { id: ID! name: String! price: Int! }`

/** What is found in products beside another subgraph. */
const find = (orders: string, own = products): readonly string[] => {
  const composition = composeSubgraphs(
    Object.entries({ orders, products: own }).map(([name, sdl]) => ({
      name,
      url: '',
      sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@inaccessible", "@requires", "@shareable"])${sdl}`,
    })),
  )
  if (composition.kind === 'failed') throw new Error(composition.errors[0]?.message)
  return findBorders(composition.supergraph).map(({ message }) => message)
}

const stub = 'type Product @key(fields: "id") { id: ID! sold: Int }'
const query = (order: string) => `type Query { order: Order } type Order { id: ID! ${order} } ${stub}`

it.each([
  [
    'a field that a smaller part of an entity adds',
    'type Product @key(fields: "id") { id: ID! sold: Int! }',
    [
      "Product.sold can't be null: while orders is away, the whole Product is null, though products has the rest of it",
    ],
  ],
  [
    'a field that leads to an entity of another subgraph',
    query('product: Product!'),
    ["Order.product can't be null: while products is away, the whole Order is null"],
  ],
  [
    'a list whose elements are entities of another subgraph',
    query('products: [Product!]!'),
    ["Order.products can't be null: while products is away, the whole Order is null"],
  ],
  [
    'a root field',
    'type Query { count: Int! }',
    [
      "Query.count can't be null: while orders is away, the whole answer is null, whatever other subgraphs gave",
    ],
  ],
])('finds %s', (_title, orders, messages) => {
  expect(find(orders)).toEqual(messages)
})

it.each([
  ['fields that may be null', query('product: Product products: [Product!] more: [Product]!')],
  [
    'what an entity has of its own subgraph',
    query('number: Int! lines: [Line!]!').concat(' type Line { price: Int! }'),
  ],
  [
    'what a mutation and a subscription return',
    `type Mutation { buy: Bought } type Subscription { bought: Bought } type Bought { product: Product! } ${stub}`,
  ],
  ['what is internal', query('product: Product! @inaccessible')],
  [
    'what is required of another subgraph',
    'type Query { a: Int } type Product @key(fields: "id") { id: ID! price: Int! @external tax: Int @requires(fields: "price") }',
  ],
])('takes %s', (_title, orders) => {
  expect(find(orders)).toEqual([])
})

it('takes an entity to which its owner gives nothing that must be there', () => {
  const own = products.replace('name: String! price: Int!', 'name: String price: Int')
  expect(find(query('product: Product!'), own)).toEqual([])
})

it('finds nothing in the supergraph of this repository', () => {
  const supergraph = new URL('../../schema/supergraph.graphql', import.meta.url)
  expect(findBorders(readFileSync(supergraph, 'utf8'))).toEqual([])
})
