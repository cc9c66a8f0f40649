import { federation, type Graph } from './graph.ts'

const users = `
  ${federation}
  type Query { user(id: ID!): User }
  type User @key(fields: "id") { id: ID! name: String! email: String! }
`
const products = `
  ${federation}
  type Query { products(first: Int!, after: String): ProductConnection! }
  type ProductConnection { edges: [ProductEdge!]! pageInfo: PageInfo! }
  type ProductEdge { cursor: String! node: Product! }
  type PageInfo @shareable { hasNextPage: Boolean! endCursor: String }
  type Money @shareable { amountMinor: Int! currency: String! }
  type Product @key(fields: "id") {
    id: ID! sku: String! name: String! price: Money! available: Int! inStock: Boolean!
  }
`
const orders = `
  ${federation}
  type Query { order(id: ID!): Order orders(first: Int!, after: String): OrderConnection! }
  type OrderConnection { edges: [OrderEdge!]! pageInfo: PageInfo! }
  type OrderEdge { cursor: String! node: Order! }
  type PageInfo @shareable { hasNextPage: Boolean! endCursor: String }
  type Money @shareable { amountMinor: Int! currency: String! }
  enum OrderStatus { PENDING CONFIRMED SHIPPED DELIVERED }
  type Order @key(fields: "id") {
    id: ID! number: Int! status: OrderStatus! customer: User items: [OrderItem!]! total: Money! placedAt: String!
  }
  type OrderItem { product: Product quantity: Int! unitPrice: Money! lineTotal: Money! }
  type User @key(fields: "id", resolvable: false) { id: ID! }
  type Product @key(fields: "id", resolvable: false) { id: ID! }
`

const userCount = 500
const productCount = 2_000
const orderCount = 2_000
const statuses = ['PENDING', 'CONFIRMED', 'SHIPPED', 'DELIVERED'] as const

const money = (amountMinor: number) => ({ amountMinor, currency: 'EUR' })

const user = (index: number) => ({
  id: `u${index}`,
  name: `Customer ${index} Müller`,
  email: `customer${index}@example.com`,
})

const priceOf = (index: number) => 500 + ((index * 37) % 20_000)

const product = (index: number) => ({
  id: `p${index}`,
  sku: `SKU-${index}`,
  name: `Product "${index}" of the shop`,
  price: money(priceOf(index)),
  available: index % 50,
  inStock: index % 50 > 0,
})

const itemOf = (order: number, line: number) => {
  const index = (order * 7 + line * 13) % productCount
  const quantity = 1 + ((order + line) % 3)
  return {
    product: () => product(index),
    quantity,
    unitPrice: money(priceOf(index)),
    lineTotal: money(priceOf(index) * quantity),
  }
}

const order = (index: number) => {
  const items = Array.from({ length: 1 + (index % 3) }, (_, line) => itemOf(index, line))
  return {
    id: `o${index}`,
    number: 10_000 + index,
    status: statuses[index % statuses.length],
    customer: () => user(index % userCount),
    items,
    total: money(items.reduce((total, { lineTotal }) => total + lineTotal.amountMinor, 0)),
    placedAt: new Date(1_767_225_600_000 + index * 60_000).toISOString(),
  }
}

const indexIn = (id: unknown, count: number): number | undefined => {
  const index = Number(String(id).slice(1))
  return Number.isInteger(index) && index >= 0 && index < count ? index : undefined
}

const pageOf =
  (count: number, nodeAt: (index: number) => object) =>
  ({ first, after }: { readonly first: number; readonly after?: string | null }) => {
    const from = after == null ? 0 : Number(after) + 1
    const edges = Array.from({ length: Math.min(first, count - from) }, (_, offset) => ({
      cursor: String(from + offset),
      node: nodeAt(from + offset),
    }))
    return { edges, pageInfo: { hasNextPage: from + first < count, endCursor: edges.at(-1)?.cursor ?? null } }
  }

const found = <T>(id: unknown, count: number, at: (index: number) => T): T | undefined => {
  const index = indexIn(id, count)
  return index === undefined ? undefined : at(index)
}

/** A shop whose users, products and orders are three subgraphs. */
export const shop: Graph = {
  subgraphs: { users, products, orders },
  root: {
    user: ({ id }: { readonly id: string }) => found(id, userCount, user),
    order: ({ id }: { readonly id: string }) => found(id, orderCount, order),
    products: pageOf(productCount, product),
    orders: pageOf(orderCount, order),
  },
  entities: {
    User: ({ id }) => found(id, userCount, user),
    Product: ({ id }) => found(id, productCount, product),
    Order: ({ id }) => found(id, orderCount, order),
  },
}
