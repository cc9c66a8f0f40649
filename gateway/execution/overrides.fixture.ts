import { composeServices } from '@apollo/composition'
import { parse } from 'graphql'

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key", "@external", "@requires", "@override", "@shareable"
])`

const subgraphs = {
  products: `
    type Query { product: Product thing: Thing named: Named found: Found }
    type Subscription { productChanged: Product }
    type Product @key(fields: "id") { id: ID! name: String rating: Int stars: Int weight: Int @shareable }
    interface Thing { id: ID! }
    type Tool implements Thing @key(fields: "id") { id: ID! name: String power: Int }
    union Found = Product | Tool
    interface Named @key(fields: "id") { id: ID! }
    type Person implements Named @key(fields: "id") { id: ID! age: Int }
  `,
  reviews: `
    type Product @key(fields: "id") {
      id: ID!
      rating: Int @override(from: "products", label: "move-rating")
      stars: Int @override(from: "products", label: "percent(30)")
    }
    type Tool @key(fields: "id") { id: ID! power: Int @override(from: "products", label: "move/power") }
  `,
  warehouse: `
    type Product @key(fields: "id") {
      id: ID!
      weight: Int @shareable @override(from: "products", label: "percent(12.5)")
    }
  `,
  scales: `
    type Product @key(fields: "id") { id: ID! weight: Int @shareable }
  `,
  shipping: `
    type Product @key(fields: "id") { id: ID! weight: Int @external postage: Int @requires(fields: "weight") }
  `,
} as const

/**
 * A supergraph in which fields of products move to other subgraphs, by labels of all kinds.
 * n.b. what is required has a third source: composition knows no labels there, and refuses both of the others
 */
export const movingSupergraph = (): string => {
  const { supergraphSdl, errors } = composeServices(
    Object.entries(subgraphs).map(([name, sdl]) => ({
      name,
      url: `http://${name}.example`,
      typeDefs: parse(`${link}\n${sdl}`),
    })),
  )
  if (supergraphSdl === undefined) throw new AggregateError(errors ?? [], 'the fixture does not compose')
  return supergraphSdl
}
