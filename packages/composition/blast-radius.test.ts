import { expect, it } from 'vitest'
import { findBlastRadius } from './blast-radius.ts'
import { composeSubgraphs } from './composition.ts'

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@override"])\n'
const subgraphs = {
  products: `type Query { product(id: ID!): Product products: [Product!] }
    type Product @key(fields: "id") { id: ID! name: String! weight: Int }`,
  orders: `type Query { order(id: ID!): Order orders: [Order] }
    type Subscription { ordered: Order }
    type Order @key(fields: "id") { id: ID! number: Int! product: Product lines: [Line!]! other: Order }
    type Line { quantity: Int! product: Product }
    type Product @key(fields: "id") { id: ID! sold: Int }`,
  reviews: 'type Product @key(fields: "id") { id: ID! rating: Int }',
}

const compose = (sdls: Readonly<Record<string, string>>): string => {
  const composition = composeSubgraphs(
    Object.entries(sdls).map(([name, sdl]) => ({ name, url: '', sdl: `${link}${sdl}` })),
  )
  if (composition.kind === 'failed') throw new Error(composition.errors[0]?.message)
  return composition.supergraph
}
const base = compose(subgraphs)

/** What becomes of an operation if a part of a subgraph is replaced. */
const find = (
  query: string,
  ...changes: readonly (readonly [name: keyof typeof subgraphs, from: string, to: string])[]
) => {
  const next = { ...subgraphs }
  for (const [name, from, to] of changes) {
    expect(next[name]).toContain(from)
    next[name] = next[name].replace(from, to)
  }
  return findBlastRadius(base, compose(next), [{ file: 'Page', text: query, clients: ['web 2'] }])
}

const weightMoves = ['reviews', 'rating: Int', 'rating: Int weight: Int @override(from: "products")'] as const

it('tells of an operation that needs a further request after the others', () => {
  expect(find('query Page { product(id: 1) { name weight } }', weightMoves)).toEqual([
    {
      status: 'WARN',
      code: 'OPERATION_NEEDS_MORE_FETCHES',
      path: 'Page',
      message: 'needs 2 requests to subgraphs, before 1; one after another 2, before 1',
      operations: ['Page of web 2'],
    },
  ])
})

it('tells of a further request beside others, and none of fewer', () => {
  const query = 'query Page { product(id: 1) { weight sold } }'
  expect(find(query, weightMoves).map(({ message }) => message)).toEqual([
    'needs 3 requests to subgraphs, before 2; one after another 2, before 2',
  ])
  const soldMoves = ['products', 'weight: Int', 'weight: Int sold: Int @override(from: "orders")'] as const
  expect(find(query, soldMoves)).toEqual([])
})

it.each([
  [
    'a field that can not be null any more',
    'query Page { order(id: 1) { number product { name } } }',
    [['orders', 'number: Int! product: Product', 'number: Int! product: Product!']],
    "loses its whole answer while products is away, since Product.name can't be null",
  ],
  [
    'a field in a list whose elements can not be null',
    'query Page { order(id: 1) { ...Lines } } fragment Lines on Order { lines { product { rating } } }',
    [
      ['orders', 'quantity: Int! product: Product', 'quantity: Int! product: Product!'],
      ['reviews', 'rating: Int', 'rating: Int!'],
    ],
    "loses its whole answer while reviews is away, since Product.rating can't be null",
  ],
  [
    'a root field that takes the other one away',
    'query Page { product(id: 1) { weight } order(id: 1) { product { rating } } }',
    [
      ['orders', 'order(id: ID!): Order ', 'order(id: ID!): Order! '],
      ['orders', 'number: Int! product: Product', 'number: Int! product: Product!'],
      ['reviews', 'rating: Int', 'rating: Int!'],
    ],
    "loses its whole answer while orders is away, since Query.order can't be null",
    "loses its whole answer while reviews is away, since Product.rating can't be null",
  ],
  [
    'an event of a subscription',
    'subscription Page { ordered { product { name } } }',
    [['orders', 'number: Int! product: Product', 'number: Int! product: Product!']],
    "loses its whole answer while products is away, since Product.name can't be null",
  ],
] as const)('tells of an operation that loses everything by %s', (_title, query, changes, ...messages) => {
  expect(find(query, ...changes).map(({ code, message }) => [code, message])).toEqual(
    messages.map(message => ['OPERATION_LOST_IN_OUTAGE', message]),
  )
})

const productIsThere = ['orders', 'number: Int! product: Product', 'number: Int! product: Product!'] as const

it.each([
  ['an operation that keeps another root field', '{ order(id: 1) { product { name } } orders { number } }'],
  ['an operation whose list has nulls then', '{ orders { product { name } } }'],
  ['an operation that loses an inner object alone', '{ order(id: 1) { number other { product { name } } } }'],
  [
    'an operation that takes from there nothing that can not be null',
    '{ order(id: 1) { product { rating } } }',
  ],
  ['an operation that is no longer valid', '{ order(id: 1) { gone } }'],
  ['what is no GraphQL', '{'],
  ['an operation that asks about the schema alone', '{ __schema { queryType { name } } }'],
])('says nothing of %s', (_title, query) => {
  const found = find(query, productIsThere)
  expect(found.filter(({ message }) => message.includes('products is away'))).toEqual([])
})

it('says nothing of what was lost before too', () => {
  const already = compose({
    ...subgraphs,
    orders: subgraphs.orders.replace('product: Product', 'product: Product!'),
  })
  const next = already.replace('  weight: Int', '  "In grams."\n  weight: Int')
  const operations = [{ file: 'Page', text: '{ order(id: 1) { product { name } } }' }]
  expect(next).not.toBe(already)
  expect(findBlastRadius(already, next, operations)).toEqual([])
})

const nested = (levels: number) =>
  Array.from(
    { length: levels },
    (_, level) => `fragment F${level} on Product { ...F${level + 1} ...F${level + 1} }`,
  )

it.each([
  ['fragments that make billions of selections', [...nested(40), 'fragment F40 on Product { name }']],
  ['a fragment inside of itself', ['fragment F0 on Product { ...F0 }']],
])('plans nothing of an operation with %s', (_title, fragments) => {
  expect(find(`query Page { product(id: 1) { weight ...F0 } } ${fragments.join(' ')}`, weightMoves)).toEqual(
    [],
  )
})

it('says how many operations it left out', () => {
  const next = base.replace('  weight: Int', '  "In grams."\n  weight: Int')
  const operations = Array.from({ length: 1_001 }, (_, index) => ({ file: `${index}`, text: '{' }))
  expect(findBlastRadius(base, next, operations).map(({ message }) => message)).toEqual([
    'only 1000 of 1001 operations were planned',
  ])
})

it.each([
  'query Page { __typename }',
  'query Page { gone }',
  'subscription Page { __typename }',
])('tells nothing of %s, which asks no subgraph', query => {
  const oneSubgraph = (fields: string) => compose({ products: `type Query { ${fields} }` })
  const operations = [{ file: 'Page', text: query }]
  expect(findBlastRadius(oneSubgraph('a: Int'), oneSubgraph('a: Int b: Int'), operations)).toEqual([])
})
