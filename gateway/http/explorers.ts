import type { ServerResponse } from 'node:http'

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

/** Answers with GraphiQL: one page that loads nothing from anywhere else. */
export const createGraphiql = () => {
  let page: Promise<Buffer> | undefined
  return async (response: ServerResponse): Promise<void> => {
    page ??= renderPage()
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(await page)
  }
}

// n.b. imported at the first request: the page is 9 MB of text
const renderPage = async (): Promise<Buffer> => {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
  return Buffer.from(
    renderGraphiQL({
      title: 'Commerce Supergraph',
      endpoint: '/graphql',
      subscriptionsProtocol: 'WS',
      defaultQuery: exampleQuery,
      isHeadersEditorEnabled: true,
      defaultEditorToolsVisibility: 'headers',
    }),
  )
}
