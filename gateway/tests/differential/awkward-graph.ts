import { composeServices } from '@apollo/composition'
import { parse } from 'graphql'

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key", "@shareable", "@external", "@requires", "@provides", "@override", "@interfaceObject", "@inaccessible"
])`

const catalog = `${link}
  scalar Blob
  enum Kind { TOOL TOY FOOD SECRET @inaccessible }
  input AltInput { lang: String = "en" long: Boolean! tags: [String!] depth: AltInput }
  input RenameInput { id: ID! name: String! }
  type Query {
    media(id: ID!): Media
    shelf(first: Int = 2): [Media!]!
    search(text: String!, limit: Int): [Hit!]!
    grid: [[Media!]!]
    product(sku: String!): Product
    products(kind: Kind, tags: [String!]): [Product]!
    node(id: ID!): Node
    certain: Product!
  }
  type Mutation { rename(input: RenameInput!): Product addMedia(title: String!): Media! discard(ids: [ID!]!): Boolean }
  interface Node { id: ID! }
  interface Media @key(fields: "id") { id: ID! title: String! cover: Image }
  type Book implements Media & Node @key(fields: "id") {
    id: ID! title: String! cover: Image pages: Int author: Person isbn: String!
  }
  type Film implements Media & Node @key(fields: "id") {
    id: ID! title: String! cover: Image minutes: Float cast: [[Person]] isbn: Int
  }
  union Hit = Book | Film | Product | Image
  type Image { url: String! width: Int sizes: [[Int!]] alt(lang: String = "en", options: AltInput): String }
  type Dims @shareable { w: Int! h: Int! depth: Float }
  type Product implements Node @key(fields: "id") @key(fields: "sku") {
    id: ID! sku: String! name: String! dims: Dims weight: Float kind: Kind! tags: [String!] image: Image
    secret: String @inaccessible extra: Blob related(first: Int = 2): [Product!] price: Int available: Int
  }
  type Person @key(fields: "id", resolvable: false) { id: ID! }
`

const people = `${link}
  type Query { person(id: ID!): Person people(first: Int): [Person!] someone: Person! }
  type Mutation { befriend(a: ID!, b: ID!): Person! }
  type Person @key(fields: "id") {
    id: ID! name: String! @shareable email: String isAdult: Boolean! friends: [Person!] best: Person!
    nicknames: [String] home: Home
  }
  type Home { street: String! city: City! }
  type City { name: String! mayor: Person }
`

const reviews = `${link}
  type Query { review(id: ID!): Review latest(first: Int = 3): [Review]! featured: Media }
  type Mutation { review(id: ID!, stars: Int!): Review }
  type Media @key(fields: "id") @interfaceObject { id: ID! reviews(first: Int = 2): [Review!]! rating: Float }
  type Review @key(fields: "id") {
    id: ID! body: String! author: Person @provides(fields: "name") subject: Subject stars: Int! about: Media
  }
  union Subject = Product | Person
  type Person @key(fields: "id") {
    id: ID! name: String! @external email: String @external reviews: [Review!] greeting: String @requires(fields: "email name")
  }
  type Product @key(fields: "id") {
    id: ID! weight: Float @external dims: Dims @external name: String! @external
    shipping: Int @requires(fields: "weight dims { w h }") slogan: String! @requires(fields: "name") reviews: [Review!]
  }
  type Dims @shareable { w: Int! h: Int! depth: Float }
`

const stock = `${link}
  type Query { warehouses(first: Int = 2): [Warehouse!]! }
  type Product @key(fields: "sku") {
    sku: String! price: Int @override(from: "catalog") available: Int @override(from: "catalog")
    warehouse: Warehouse places: [[Warehouse!]]
  }
  type Warehouse @key(fields: "tenant { id } code") { tenant: Tenant! code: String! city: String products: [Product!] }
  type Tenant @key(fields: "id") { id: ID! label: String }
`

const logistics = `${link}
  type Warehouse @key(fields: "tenant { id } code") {
    tenant: Tenant! code: String! capacity: Int! lead: Person city: String @external
    route: String @requires(fields: "city")
  }
  type Tenant @key(fields: "id") { id: ID! plan: String! }
  type Person @key(fields: "id", resolvable: false) { id: ID! }
`

/** Subgraphs that use what federation has, in the ways that executors find hard. */
export const awkwardSubgraphs: Readonly<Record<string, string>> = {
  catalog,
  people,
  reviews,
  stock,
  logistics,
}

/** Composes them. */
export const awkwardSupergraph = (): string => {
  const { errors, supergraphSdl } = composeServices(
    Object.entries(awkwardSubgraphs).map(([name, sdl]) => ({
      name,
      url: `http://${name}`,
      typeDefs: parse(sdl),
    })),
  )
  if (errors !== undefined) throw new AggregateError(errors, 'the awkward subgraphs do not compose')
  return supergraphSdl
}
