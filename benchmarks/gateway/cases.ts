import type { ClientRequest } from './graphs/graph.ts'
import type { GraphName } from './graphs/graphs.ts'

/** Whether all requests are the same, which a gateway may then read once for several clients, or no two at a time. */
export type Reads = 'different' | 'identical'

/** What is asked of every gateway. */
export type Case = {
  readonly title: string
  readonly graph: GraphName
  readonly reads: Reads
  /** The requests, in turn. */
  readonly requests: readonly ClientRequest[]
}

/** Three times as many as there are connections, so that no two equal requests are under way. */
const variants = 200

const orderFields = `
  id number status placedAt
  total { amountMinor currency }
  customer { id name email }
  items { quantity lineTotal { amountMinor currency } product { id sku name price { amountMinor currency } } }
`

const shopQueries = [
  {
    title: 'Q1: 20 products, one subgraph',
    operationName: 'Products',
    query: `query Products($first: Int!, $after: String) {
      products(first: $first, after: $after) {
        edges { cursor node { id sku name price { amountMinor currency } available inStock } }
        pageInfo { hasNextPage endCursor }
      }
    }`,
    variables: (index: number) => ({ first: 20, after: String(index) }),
  },
  {
    title: 'Q2: an order with its customer and products',
    operationName: 'Order',
    query: `query Order($id: ID!) { order(id: $id) { ${orderFields} } }`,
    variables: (index: number) => ({ id: `o${index}` }),
  },
  {
    title: 'Q3: 20 orders with customers and products',
    operationName: 'Orders',
    query: `query Orders($first: Int!, $after: String) {
      orders(first: $first, after: $after) { edges { node { ${orderFields} } } pageInfo { hasNextPage endCursor } }
    }`,
    variables: (index: number) => ({ first: 20, after: String(index) }),
  },
] as const

/** The cases of the shop. */
export const shopCases: readonly Case[] = shopQueries.flatMap(({ title, query, operationName, variables }) =>
  (['different', 'identical'] as const).map(reads => ({
    title,
    graph: 'shop' as const,
    reads,
    requests: Array.from({ length: reads === 'identical' ? 1 : variants }, (_, index) => ({
      query,
      operationName,
      variables: variables(index + 2),
    })),
  })),
)
