import { composeServices } from '@apollo/composition'
import { parse } from 'graphql'
import { loadSupergraph } from '../supergraph.ts'

const directive = `
  @link(url: "https://specs.commerce-supergraph.example/cacheControl/v0.1", import: ["@cacheControl"])
  @composeDirective(name: "@cacheControl")
  directive @cacheControl(maxAge: Int, inheritMaxAge: Boolean) on FIELD_DEFINITION | OBJECT
`
const catalogue = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@composeDirective"])
  ${directive}
  type Query {
    product(id: ID!): Product
    newest: Product @cacheControl(maxAge: 10)
    page: Page @cacheControl(maxAge: 30)
    count: Int
    total: Int @cacheControl(maxAge: 7)
    found: Found @cacheControl(maxAge: 90)
    named: [Named] @cacheControl(maxAge: 90)
    me: Person
  }
  type Mutation { add: Product }
  type Page @cacheControl(inheritMaxAge: true) { items: [Product] cursor: String }
  type Product implements Named @key(fields: "id") @key(fields: "sku") @cacheControl(maxAge: 60) {
    id: ID! sku: ID! name: String price: Price stock: Int @cacheControl(maxAge: 0) maker: Person
  }
  type Price @cacheControl(inheritMaxAge: true) { amount: Int }
  type Person implements Named { name: String @cacheControl(maxAge: 20) }
  interface Named { name: String }
  union Found = Product | Person
`
const sales = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@composeDirective"])
  ${directive}
  type Product @key(fields: "id") { id: ID! sold(since: String): Int @cacheControl(maxAge: 10) }
`
const { supergraphSdl, errors } = composeServices([
  { name: 'catalogue', url: 'http://catalogue', typeDefs: parse(catalogue) },
  { name: 'sales', url: 'http://sales', typeDefs: parse(sales) },
])
if (supergraphSdl === undefined) throw new AggregateError(errors ?? [], 'the example does not compose')

/** A supergraph of products, with and without hints for caches. */
export const shop = loadSupergraph(supergraphSdl)
