/** The operation that explorers show first: valid on the API, and full of demo data. */
export const exampleQuery = `# What needs a user needs a header, below:
# { "Authorization": "Bearer <accessToken>" }
# Mutation.login and Mutation.register give the token.
query Catalogue {
  products(first: 5, sort: NAME) {
    edges {
      node {
        id
        sku
        name
        price {
          amountMinor
          currency
        }
        available
        inStock
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`
