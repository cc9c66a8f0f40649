import { z } from 'zod'

/** How many orders each customer of the benchmark has, of two products each. */
export const orderCount = 20

const product = 'id sku name category price { amountMinor currency } available inStock'
const sorts = ['NEWEST', 'NAME', 'PRICE_ASC', 'PRICE_DESC'] as const
const filtersPerSort = 16

/**
 * What is asked, and what each answer must look like. The customers differ, and the pages of products too, so that no
 * system can answer two requests with one read.
 */
export const queries = {
  products: {
    title: 'a page of 20 products',
    query: `query Page($filter: ProductFilter, $sort: ProductSort) {
      products(first: 20, filter: $filter, sort: $sort) {
        edges { cursor node { ${product} } }
        pageInfo { hasNextPage endCursor }
      }
    }`,
    variables: sorts.flatMap(sort =>
      Array.from({ length: filtersPerSort }, (_, index) => ({ sort, filter: { minPriceMinor: index + 1 } })),
    ),
    answer: z.strictObject({
      data: z.object({
        products: z.object({
          edges: z.array(z.object({ node: z.object({ id: z.uuid(), name: z.string() }) })).length(20),
        }),
      }),
    }),
  },
  me: {
    title: `me with ${orderCount} orders, their items, products and customers`,
    query: `query MyOrders {
      me { id name orders(first: ${orderCount}) { edges { node {
        id number status placedAt total { amountMinor currency }
        customer { id name }
        items { quantity unitPrice { amountMinor currency } product { id name price { amountMinor currency } } }
      } } } }
    }`,
    variables: [{}],
    answer: z.strictObject({
      data: z.object({
        me: z.object({
          orders: z.object({
            edges: z
              .array(
                z.object({
                  node: z.object({
                    status: z.literal('CONFIRMED'),
                    customer: z.object({ name: z.string() }),
                    items: z.array(z.object({ product: z.object({ name: z.string() }) })).length(2),
                  }),
                }),
              )
              .length(orderCount),
          }),
        }),
      }),
    }),
  },
} as const

export type QueryName = keyof typeof queries
