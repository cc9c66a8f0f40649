import { expect, it } from 'vitest'
import { composeSupergraph } from './supergraph.ts'

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requires", "@external"])'
const files = new Map([
  [
    'rover.yaml',
    `federation_version: =2.14.4
subgraphs:
  products: { routing_url: http://products, schema: { file: products.graphql } }
  shipping: { routing_url: http://shipping, schema: { file: shipping.graphql } }
`,
  ],
  [
    'products.graphql',
    `${link} type Query { product: Product } type Product @key(fields: "id") { id: ID! price(currency: String): Int }`,
  ],
  [
    'shipping.graphql',
    `${link} type Product @key(fields: "id") { id: ID! price(currency: String): Int @external rate: Int @requires(fields: "price") }`,
  ],
])

it('does not compose a supergraph on which the planner would answer wrongly, and says why', () => {
  expect(composeSupergraph(path => files.get(path) ?? '')).toEqual({
    kind: 'failed',
    errors: [
      {
        code: 'REQUIRED_FIELD_WITH_ARGUMENTS',
        message: expect.stringContaining('Product.rate requires Product.price, which takes arguments'),
        locations: [],
      },
    ],
  })
})
