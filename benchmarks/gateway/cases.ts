import type { ClientRequest } from './graphs/graph.ts'
import type { GraphName } from './graphs/graphs.ts'
import { type ContenderName, contenders } from './settings.ts'

/**
 * Whether all requests are the same and of one viewer, so that a gateway may read once for several clients; or else each
 * connection has a viewer of its own, and no two requests of the shop that are under way are the same.
 */
export type Reads = (typeof reads)[number]

/** The kinds of reads. */
export const reads = ['different', 'identical'] as const

/** The names of the queries. */
export const queries = ['Q1', 'Q2', 'Q3', 'Q4'] as const

/** What is asked of every gateway. */
export type Case = {
  readonly query: (typeof queries)[number]
  readonly title: string
  readonly graph: GraphName
  readonly reads: Reads
  /** The requests, in turn. */
  readonly requests: readonly ClientRequest[]
  /** How long each subgraph takes for an answer. */
  readonly delayMs: number
  /** How many clients there are at a time. */
  readonly connections: readonly number[]
  /** Which gateways can answer. */
  readonly gateways: readonly ContenderName[]
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
    name: 'Q1',
    title: '20 products, one subgraph',
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
    name: 'Q2',
    title: 'an order with its customer and products',
    operationName: 'Order',
    query: `query Order($id: ID!) { order(id: $id) { ${orderFields} } }`,
    variables: (index: number) => ({ id: `o${index}` }),
  },
  {
    name: 'Q3',
    title: '20 orders with customers and products',
    operationName: 'Orders',
    query: `query Orders($first: Int!, $after: String) {
      orders(first: $first, after: $after) { edges { node { ${orderFields} } } pageInfo { hasNextPage endCursor } }
    }`,
    variables: (index: number) => ({ first: 20, after: String(index) }),
  },
] as const

const shopCases: readonly Case[] = shopQueries.flatMap(({ name, title, query, operationName, variables }) =>
  reads.map(each => ({
    query: name,
    title,
    graph: 'shop' as const,
    reads: each,
    delayMs: 0,
    connections: [1, 16, 64],
    gateways: contenders,
    requests: Array.from({ length: each === 'identical' ? 1 : variants }, (_, index) => ({
      query,
      operationName,
      variables: variables(index + 2),
    })),
  })),
)

const withoutFloor = contenders.filter(name => name !== 'floor')

const reviewRequest: ClientRequest = {
  operationName: 'TestQuery',
  query: `
    fragment User on User { id username name }
    fragment Review on Review { id body }
    fragment Product on Product { inStock name price shippingEstimate upc weight }
    query TestQuery {
      users {
        ...User
        reviews {
          ...Review
          product {
            ...Product
            reviews { ...Review author { ...User reviews { ...Review product { ...Product } } } }
          }
        }
      }
      topProducts {
        ...Product
        reviews { ...Review author { ...User reviews { ...Review product { ...Product } } } }
      }
    }`,
  variables: {},
}

const reviewCase = {
  query: 'Q4',
  graph: 'reviewSite',
  requests: [reviewRequest],
  gateways: withoutFloor,
} as const

/** The query of the public benchmark, with and without time that the subgraphs take, and as a burst. */
const reviewCases: readonly Case[] = [
  ...reads.map(each => ({
    ...reviewCase,
    title: "the public benchmark's query",
    reads: each,
    delayMs: 0,
    connections: [16],
  })),
  ...reads.map(each => ({
    ...reviewCase,
    title: "the public benchmark's query, 4 ms in each subgraph",
    reads: each,
    delayMs: 4,
    connections: [16, 64],
  })),
  {
    ...reviewCase,
    title: "the public benchmark's query, in a burst",
    reads: 'identical',
    delayMs: 0,
    connections: [500],
  },
]

/** All that is measured. */
export const cases: readonly Case[] = [...shopCases, ...reviewCases]
