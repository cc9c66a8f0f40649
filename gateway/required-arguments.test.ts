import { composeServices } from '@apollo/composition'
import { ApolloGateway, LocalGraphQLDataSource } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { findRequiredArguments } from '@supergraph/composition/required-arguments.ts'
import { parse } from 'graphql'
import { expect, it, onTestFinished, vi } from 'vitest'
import { loadSupergraph } from './supergraph.ts'

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requires", "@external"])'
const products = `${link}
  type Query { product: Product }
  type Product @key(fields: "id") { id: ID! price(currency: String): Int weight: Int box: Box }
  type Box { height(unit: String): Int width: Int }
`
const price = 'price(currency: String): Int @external'
const prices: Readonly<Record<string, number>> = { EUR: 1, USD: 2 }

const composed = (shipping: string): string => {
  const { supergraphSdl, errors } = composeServices([
    { name: 'products', url: 'http://products', typeDefs: parse(products) },
    { name: 'shipping', url: 'http://shipping', typeDefs: parse(`${link} ${shipping}`) },
  ])
  if (supergraphSdl === undefined) throw new AggregateError(errors ?? [], 'it does not compose')
  return supergraphSdl
}

/** Answers as the stock gateway does; `rate` and `tax` are the prices that the subgraph was given for them. */
const startStock = async (shipping: string) => {
  vi.stubEnv('APOLLO_TELEMETRY_DISABLED', 'true')
  onTestFinished(() => void vi.unstubAllEnvs())
  const product = { id: '1', price: ({ currency = '' }) => prices[currency] ?? 0 }
  const represented = { __resolveReference: (given: object) => given }
  const ofPrice = (given: { readonly price?: number }) => given.price
  const schemas = new Map([
    [
      'products',
      buildSubgraphSchema({
        typeDefs: parse(products),
        resolvers: { Query: { product: () => product }, Product: { __resolveReference: () => product } },
      }),
    ],
    [
      'shipping',
      buildSubgraphSchema({
        typeDefs: parse(`${link} ${shipping}`),
        resolvers: { Product: { ...represented, rate: ofPrice, tax: ofPrice } },
      }),
    ],
  ])
  const gateway = new ApolloGateway({
    supergraphSdl: composed(shipping),
    buildService: ({ name }) => {
      const schema = schemas.get(name)
      if (schema === undefined) throw new Error(`there is no ${name}`)
      return new LocalGraphQLDataSource(schema)
    },
  })
  const server = new ApolloServer({ gateway })
  await server.start()
  onTestFinished(() => server.stop())
  return async (query: string): Promise<unknown> => {
    const { body } = await server.executeOperation({ query })
    return body.kind === 'single' ? JSON.parse(JSON.stringify(body.singleResult)) : body
  }
}

const rateInEuro = `type Product @key(fields: "id") {
  id: ID! ${price} rate: Int @requires(fields: "price(currency: \\"EUR\\")") tax: Int @requires(fields: "price(currency: \\"USD\\")")
}`

it('says of the stock gateway that it answers wrongly if a required field takes arguments', async () => {
  const ask = await startStock(rateInEuro)
  expect(await ask('{ product { rate } }')).toEqual({ data: { product: { rate: 1 } } })
  expect(await ask('{ product { price(currency: "USD") rate } }')).toEqual({
    data: { product: { price: 2, rate: 2 } },
  })
  expect(await ask('{ product { rate price(currency: "USD") } }')).toEqual({
    data: { product: { rate: 1, price: 1 } },
  })
  expect(await ask('{ product { rate tax } }')).toEqual({ data: { product: { rate: 2, tax: 2 } } })
})

it.each([
  ['with arguments given', rateInEuro, ['Product.price', 'Product.price']],
  [
    'with none given',
    `type Product @key(fields: "id") { id: ID! ${price} rate: Int @requires(fields: "price") }`,
    ['Product.price'],
  ],
  [
    'inside another field',
    `type Product @key(fields: "id") { id: ID! box: Box @external rate: Int @requires(fields: "box { width height }") }
     type Box { height(unit: String): Int @external width: Int @external }`,
    ['Box.height'],
  ],
])('refuses a supergraph with a required field that takes arguments, %s', (_title, shipping, required) => {
  const sdl = composed(shipping)
  expect(findRequiredArguments(parse(sdl)).map(found => found.required)).toEqual(required)
  expect(() => loadSupergraph(sdl)).toThrow(`Product.rate requires ${required[0]}, which takes arguments`)
})

it('takes a required field without arguments, whatever the arguments of the field that requires it', () => {
  const shipping = `type Product @key(fields: "id") {
    id: ID! weight: Int @external rate(isFast: Boolean): Int @requires(fields: "weight")
  }`
  expect(findRequiredArguments(parse(composed(shipping)))).toEqual([])
  expect(() => loadSupergraph(composed(shipping))).not.toThrow()
})
