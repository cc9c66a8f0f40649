import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { Agent } from 'undici'
import { z } from 'zod'
import { type Operation, requestGraphQL } from '../../testbed/graphql-client.ts'
import type { Plan } from '../../testbed/system/plan.ts'

/** The products of an order, one unit each. */
export type Basket = readonly [string, ...string[]]

/** Asks the subgraphs as the gateway does. */
export type Shop = Running & {
  /** Adds a product that never runs out, and gives its id. */
  readonly addProduct: (sku: string) => Promise<string>
  /** Places an order of the basket, and tells whether the answer confirms it. Throws if the order was refused. */
  readonly checkOut: (basket: Basket) => Promise<boolean>
}

const units = 100_000_000
/** What a product costs, in cents. */
export const priceMinor = 1_800
export const paymentMethod = 'pm_card_visa'
export const shippingAddress = {
  name: 'Ada Lovelace',
  line1: "12 St James's Square",
  city: 'London',
  postalCode: 'SW1Y 4LB',
  country: 'GB',
}

export const openShop = ({ urlOf, gateway }: Pick<Plan, 'urlOf' | 'gateway'>): Shop => {
  const dispatcher = new Agent({ connections: null })
  const staff = userWith(['catalog:write'])
  const customers = Array.from({ length: 100 }, () => userWith([]))
  let checkouts = 0

  const ask = async <T>(
    service: 'products' | 'orders',
    operation: Operation,
    viewer: User,
    data: z.ZodType<T>,
  ): Promise<T> => {
    const accessToken = await gateway.sign(service, viewer)
    const response = await requestGraphQL(urlOf(service), operation, { accessToken, dispatcher })
    const parsed = data.safeParse(response.data)
    if (!parsed.success) throw new Error(`${service} answered ${JSON.stringify(response)}`)
    return parsed.data
  }

  return {
    addProduct: async sku => {
      const input = { sku, name: sku, priceMinor, currency: 'EUR', available: units }
      const operation = { query: createProduct, variables: { input } }
      const { result } = await ask('products', operation, staff, productData)
      return result.product.id
    },
    checkOut: async basket => {
      checkouts += 1
      const items = basket.map(productId => ({ productId, quantity: 1 }))
      const input = { idempotencyKey: crypto.randomUUID(), items, paymentMethod, shippingAddress }
      const customer = customers[checkouts % customers.length] ?? staff
      const { result } = await ask('orders', { query: placeOrder, variables: { input } }, customer, orderData)
      return 'order' in result && result.order.status === 'CONFIRMED'
    },
    stop: () => dispatcher.close(),
  }
}

const userWith = (scopes: readonly string[]) =>
  ({ kind: 'user', id: crypto.randomUUID(), scopes, sessionId: crypto.randomUUID() }) as const

type User = ReturnType<typeof userWith>

const createProduct = `mutation AddProduct($input: CreateProductInput!) {
  result: createProduct(input: $input) { ... on CreateProductSuccess { product { id } } }
}`

const productData = z.object({ result: z.object({ product: z.object({ id: z.string() }) }) })

const placeOrder = `mutation CheckOut($input: PlaceOrderInput!) {
  result: placeOrder(input: $input) {
    ... on PlaceOrderSuccess { order { id number status total { amountMinor currency } } }
    ... on TryAgain { retryAfterSeconds }
    ... on Failure { message }
  }
}`

const orderData = z.object({
  result: z.union([
    z.object({ order: z.object({ status: z.enum(['CONFIRMED', 'PENDING']) }) }),
    z.object({ retryAfterSeconds: z.int() }),
  ]),
})

/** Starts services, uses their shop, and stops both. */
export const withShop = async <T>(
  system: Parameters<typeof openShop>[0],
  start: () => Promise<Running>,
  use: (shop: Shop) => Promise<T>,
): Promise<T> => {
  const services = await start()
  const shop = openShop(system)
  try {
    return await use(shop)
  } finally {
    await shop.stop()
    await services.stop()
  }
}
