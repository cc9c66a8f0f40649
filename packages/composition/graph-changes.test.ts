import { buildSchema } from 'graphql'
import { describe, expect, it } from 'vitest'
import type { Finding } from './finding.ts'
import { findBrokenOperations, findChanges } from './graph-changes.ts'

const sdl = `
  type Query { me: User, product(id: ID!): Product, node(id: ID!): Node }
  type Mutation { placeOrder(input: PlaceOrderInput!): PlaceOrderResult }
  interface Node { id: ID! }
  type User implements Node { id: ID! name: String! email: String }
  type Product implements Node { id: ID! status: ProductStatus! }
  enum ProductStatus { ACTIVE RETIRED }
  input PlaceOrderInput { lines: [LineInput!]! }
  input LineInput { productId: ID! note: String }
  union PlaceOrderResult = Placed | Refused
  type Placed { number: String! }
  type Refused { message: String! }
`
const operations = [
  { file: 'me.graphql', text: 'query Me { me { id email } }' },
  { file: 'node.graphql', text: 'query AnyNode($id: ID!) { node(id: $id) { id } }' },
  { file: 'product.graphql', text: 'query ProductPage($id: ID!) { product(id: $id) { status } }' },
  {
    file: 'place-order.graphql',
    text: `mutation PlaceOrder($input: PlaceOrderInput!) {
      placeOrder(input: $input) { ... on Placed { number } ... on Refused { message } }
    }`,
  },
]

/** What a check says of the schema with `from` replaced by `to`. */
const change = async (from: string, to: string) => {
  expect(sdl).toContain(from)
  const next = buildSchema(sdl.replace(from, to))
  return {
    changes: await findChanges(buildSchema(sdl), next, operations),
    broken: findBrokenOperations(next, operations),
  }
}

const finding = (part: Partial<Finding>) => expect.objectContaining(part)

describe('a whole number that becomes a SafeInt', () => {
  const before = buildSchema(`scalar SafeInt
    type Query { price(min: Int): Int! make(input: New): Int }
    input New { priceMinor: Int! }`)
  const after = buildSchema(`scalar SafeInt
    type Query { price(min: SafeInt): SafeInt! make(input: New): Int }
    input New { priceMinor: SafeInt! }`)
  const recorded = [
    {
      file: 'old.graphql',
      text: 'query Old($min: Int, $p: Int!) { price(min: $min) make(input: { priceMinor: $p }) }',
    },
  ]

  it('breaks no recorded operation, and is something to look at for typed clients', async () => {
    expect(findBrokenOperations(after, recorded)).toEqual([])
    const changes = await findChanges(before, after, recorded)
    const found = changes.map(({ status, path, operations }) => `${status} ${path} ${operations}`)
    expect(found.toSorted()).toEqual([
      'WARN New.priceMinor Old',
      'WARN Query.price Old',
      'WARN Query.price.min Old',
    ])
  })

  it('fails the other way round', async () => {
    expect((await findChanges(after, before, recorded)).map(({ status }) => status)).toEqual([
      'FAIL',
      'FAIL',
      'FAIL',
    ])
  })
})

describe('changes that break clients', () => {
  it('names the operation that a removed field breaks, and why', async () => {
    const { changes, broken } = await change('email: String', 'phone: String')
    expect(changes[0]).toEqual(
      finding({ status: 'FAIL', code: 'FIELD_REMOVED', path: 'User.email', operations: ['Me'] }),
    )
    expect(broken).toEqual([
      finding({ status: 'FAIL', code: 'OPERATION_INVALID', path: 'me.graphql', operations: ['Me'] }),
    ])
    expect(broken[0]?.message).toContain('Cannot query field "email" on type "User"')
  })

  it('names who sends it', async () => {
    const clients = ['web 2.1', 'ios 3', 'ios 4', 'partner', 'tv']
    const sent = [{ file: 'me.graphql', text: 'query Me { me { email } }', clients }]
    const next = buildSchema(sdl.replace('email: String', ''))
    const names = ['Me of web 2.1, ios 3, ios 4 and 2 more']
    expect(findBrokenOperations(next, sent)).toMatchObject([{ operations: names }])
    expect(await findChanges(buildSchema(sdl), next, sent)).toMatchObject([{ operations: names }])
  })

  it('fails on a removed field that no recorded operation uses', async () => {
    const { changes, broken } = await change('name: String!', '')
    expect(changes).toEqual([finding({ status: 'FAIL', path: 'User.name', operations: [] })])
    expect(broken).toEqual([])
  })

  it('fails on a removed enum value, with the operations that may get it', async () => {
    const { changes } = await change('ACTIVE RETIRED', 'ACTIVE')
    expect(changes).toEqual([
      finding({
        status: 'FAIL',
        code: 'ENUM_VALUE_REMOVED',
        path: 'ProductStatus.RETIRED',
        operations: ['ProductPage'],
      }),
    ])
  })

  it('fails on a new required argument, which makes the operation invalid', async () => {
    const { changes, broken } = await change('product(id: ID!)', 'product(id: ID!, currency: String!)')
    expect(changes).toEqual([
      finding({ status: 'FAIL', path: 'Query.product.currency', operations: ['ProductPage'] }),
    ])
    expect(broken).toEqual([finding({ path: 'product.graphql', operations: ['ProductPage'] })])
  })

  it('fails on a new required input field, deep inside a variable that an operation still validates with', async () => {
    const { changes, broken } = await change('note: String', 'note: String giftWrap: Boolean!')
    expect(changes).toEqual([
      finding({
        status: 'FAIL',
        code: 'INPUT_FIELD_ADDED',
        path: 'LineInput.giftWrap',
        operations: ['PlaceOrder'],
      }),
    ])
    expect(broken).toEqual([])
  })

  it('fails on an output field that became nullable and on an input field that became required', async () => {
    expect((await change('number: String!', 'number: String')).changes).toEqual([
      finding({ status: 'FAIL', path: 'Placed.number', operations: ['PlaceOrder'] }),
    ])
    expect((await change('note: String', 'note: String!')).changes).toEqual([
      finding({ status: 'FAIL', path: 'LineInput.note', operations: ['PlaceOrder'] }),
    ])
  })

  it('finds the operations that reach a type through its interface', async () => {
    const { changes } = await change('type Product implements Node { id: ID!', 'type Product {')
    expect(changes).toContainEqual(finding({ status: 'FAIL', path: 'Product.id', operations: ['AnyNode'] }))
  })
})

describe('changes that do not', () => {
  it('passes new fields and optional input fields', async () => {
    for (const { changes, broken } of [
      await change('email: String', 'email: String phone: String'),
      await change('email: String', 'email: String "With +." phone: String'),
      await change('note: String', 'note: String colour: String'),
    ]) {
      expect(changes.map(({ status }) => status)).toEqual(['PASS'])
      expect(broken).toEqual([])
    }
  })

  it('only warns of a description and of a new optional argument, enum value or union member', async () => {
    for (const { changes } of [
      await change('email: String', '"Private." email: String'),
      await change('product(id: ID!)', 'product(id: ID!, sku: String)'),
      await change('ACTIVE RETIRED', 'ACTIVE RETIRED DRAFT'),
      await change('Placed | Refused', 'Placed | Refused | User'),
    ]) {
      expect(changes.map(({ status }) => status)).toEqual(['WARN'])
    }
  })

  it('says nothing of equal schemas', async () => {
    expect(await findChanges(buildSchema(sdl), buildSchema(sdl), operations)).toEqual([])
  })
})

it('fails on an operation that is no GraphQL, by its file', () => {
  expect(findBrokenOperations(buildSchema(sdl), [{ file: 'half.graphql', text: 'query Half {' }])).toEqual([
    finding({
      status: 'FAIL',
      code: 'OPERATION_INVALID',
      path: 'half.graphql',
      operations: ['half.graphql'],
    }),
  ])
})
