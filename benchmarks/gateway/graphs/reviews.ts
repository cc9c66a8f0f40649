import { federation, type Graph, type Source } from './graph.ts'

const accounts = `
  ${federation}
  type Query { me: User user(id: ID!): User users: [User] @listSize(assumedSize: 6) }
  type User @key(fields: "id") { id: ID! name: String username: String @shareable birthday: Int }
`
const inventory = `
  ${federation}
  extend type Product @key(fields: "upc") {
    upc: String! @external weight: Int @external price: Int @external
    inStock: Boolean shippingEstimate: Int @requires(fields: "price weight")
  }
`
const products = `
  ${federation}
  type Query { topProducts(first: Int = 5): [Product] @listSize(slicingArguments: ["first"]) }
  type Product @key(fields: "upc") { upc: String! name: String price: Int weight: Int }
`
const reviews = `
  ${federation}
  type Review @key(fields: "id") { id: ID! body: String author: User @provides(fields: "username") product: Product }
  extend type User @key(fields: "id") { id: ID! @external username: String @external reviews: [Review] @listSize(assumedSize: 2) }
  extend type Product @key(fields: "upc") { upc: String! @external reviews: [Review] @listSize(assumedSize: 2) }
`

const people = ['Ada', 'Grace', 'Alan', 'Edsger', 'Barbara', 'Donald'] as const
const goods = ['Table', 'Couch', 'Glass', 'Chair', 'TV', 'Lamp', 'Grill', 'Fridge', 'Sofa'] as const
/** Who wrote about what. */
const written = [
  [1, 1],
  [1, 2],
  [2, 3],
  [2, 1],
  [3, 1],
  [3, 5],
  [4, 4],
  [4, 2],
  [5, 3],
  [5, 5],
  [6, 4],
] as const

const user = (id: number) => ({
  id: String(id),
  name: `${people[id - 1]} of the reviews`,
  username: people[id - 1]?.toLowerCase(),
  birthday: 1900 + id * 11,
  reviews: () => reviewsWhere(([author]) => author === id),
})

const product = (upc: number) => ({
  upc: String(upc),
  name: goods[upc - 1],
  price: (upc * 437) % 1_500,
  weight: (upc * 91) % 1_000,
  inStock: upc % 3 !== 0,
  reviews: () => reviewsWhere(([, about]) => about === upc),
  shippingEstimate,
})

/** n.b. of what the gateway brought, so that a wrong @requires shows */
function shippingEstimate(this: Source): number {
  return Number(this.price) > 1_000 ? 0 : Math.round(Number(this.weight) / 2)
}

const review = (id: number) => {
  const [author = 1, about = 1] = written[id - 1] ?? []
  return {
    id: String(id),
    body: `Review ${id}: good value, though it took a week to come.`,
    author: () => user(author),
    product: () => product(about),
  }
}

const reviewsWhere = (isWanted: (pair: readonly [number, number]) => boolean): readonly object[] =>
  written.flatMap(([author, about], index) => (isWanted([author, about]) ? [review(index + 1)] : []))

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

/** The four subgraphs of the public benchmark of federation gateways, with data of the same size. */
export const reviewSite: Graph = {
  subgraphs: { accounts, inventory, products, reviews },
  root: {
    me: () => user(1),
    user: ({ id }: { readonly id: string }) => user(Number(id)),
    users: () => people.map((_, index) => user(index + 1)),
    topProducts: ({ first }: { readonly first: number }) => upTo(Math.min(first, goods.length)).map(product),
  },
  entities: {
    User: ({ id }) => user(Number(id)),
    Product: representation => ({ ...product(Number(representation.upc)), ...representation }),
    Review: ({ id }) => review(Number(id)),
  },
}
