import { createGraphQLClient, type GraphQLClient, signUp } from '../../testbed/graphql-client.ts'
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
    const items = [order, order + 1].map(place => ({ productId: productIds[place], quantity: 1 }))
    const input = {
      idempotencyKey: crypto.randomUUID(),
      items,
      paymentMethod: 'pm_card_visa',
      shippingAddress,
    }
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
