import {
  createGraphQLClient,
  type GraphQLClient,
  requestGraphQL,
  signUp,
} from '../../testbed/graphql-client.ts'
import { inParallel, waitUntil } from '../../testbed/waiting.ts'
import { orderCount, queries } from './queries.ts'

const customerCount = 16
const customersAtOnce = 4
const shippingAddress = {
  name: 'Ada Lovelace',
  line1: "12 St James's Square",
  city: 'London',
  postalCode: 'SW1Y 4LB',
  country: 'GB',
}

/** Opens accounts at a gateway, and places orders of two products of the demo shop each; returns their access tokens. */
export const addCustomers = async (url: string): Promise<readonly string[]> => {
  const customers = await Promise.all(
    Array.from({ length: customerCount }, (_, index) => signUp(url, `Ada Lovelace ${index}`)),
  )
  const productIds = await listProducts(url)
  await inParallel(customerCount, customersAtOnce, async index => {
    const customer = customers[index]
    if (customer !== undefined) await placeOrders(customer, productIds.slice(index))
  })
  return customers.map(({ accessToken = '' }) => accessToken)
}

const placeOrders = async (customer: GraphQLClient, productIds: readonly string[]): Promise<void> => {
  for (let order = 0; order < orderCount; order += 1) {
    const input = orderOf([order, order + 1].map(place => productIds[place] ?? ''))
    await waitUntil('an order is placed', async () => {
      const { data, errors } = await customer.ask(placeOrder, { input })
      if (data?.placeOrder.__typename === 'PlaceOrderSuccess') return true
      throw new Error(JSON.stringify({ data, errors }))
    })
  }
  const { query, answer } = queries.me
  await waitUntil('all orders are confirmed', async () => {
    answer.parse(await customer.ask(query))
    return true
  })
}

/** Gives what places order after order, of one product each, for these customers in turn; it throws if one is refused. */
export const openTill = async (url: string, accessTokens: readonly string[]) => {
  const productIds = await listProducts(url)
  return async (index: number): Promise<true> => {
    const input = orderOf([productIds[index % productIds.length] ?? ''])
    const accessToken = accessTokens[index % accessTokens.length]
    const answered = await requestGraphQL(url, { query: placeOrder, variables: { input } }, { accessToken })
    if (answered.data?.placeOrder.__typename === 'PlaceOrderSuccess') return true
    throw new Error(JSON.stringify(answered))
  }
}

const orderOf = (productIds: readonly string[]) => ({
  idempotencyKey: crypto.randomUUID(),
  items: productIds.map(productId => ({ productId, quantity: 1 })),
  paymentMethod: 'pm_card_visa',
  shippingAddress,
})

/** Ids of products of which each customer may order some. */
const listProducts = async (url: string): Promise<readonly string[]> => {
  const { data } = await createGraphQLClient(url).ask(
    'query InStock { products(first: 100, filter: { inStock: true }) { edges { node { id available } } } }',
  )
  const nodes: readonly { readonly id: string; readonly available: number }[] = data.products.edges.map(
    ({ node }: { readonly node: unknown }) => node,
  )
  return nodes.filter(({ available }) => available > 2 * customerCount).map(({ id }) => id)
}

const placeOrder = `mutation PlaceOrder($input: PlaceOrderInput!) {
  placeOrder(input: $input) { __typename ... on TryAgain { message } ... on Failure { message } }
}`
