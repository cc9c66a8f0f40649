import { setTimeout as pause } from 'node:timers/promises'
import type { GraphQLClient } from '../graphql-client.ts'
import { address, placeOrder } from '../orders.ts'
import { inParallel } from '../waiting.ts'
import { productPage, type Some, some } from './payload.ts'

const pagePatienceMs = 10_000

/** A customer who wants nothing but a page and an order while others attack; throws what went wrong. */
export const createCustomer = ({ ask }: Pick<GraphQLClient, 'ask'>) => ({
  /** Reads a page of the catalogue, again if it is told to, and says how many milliseconds that took in all. */
  readPage: async (): Promise<number> => {
    const startedAt = performance.now()
    for (;;) {
      const { data, errors } = await ask(`query Page { me { name } products(first: 20) { ${productPage} } }`)
      const ms = performance.now() - startedAt
      if (errors === undefined && data.me !== null) return ms
      const mayRepeat = errors?.every(({ extensions }) => extensions?.retryable === true)
      if (!mayRepeat || ms > pagePatienceMs) throw new Error(`no page: ${JSON.stringify(errors)}`)
    }
  },
  /** Orders a unit of each product; resolves with the order's id. */
  checkOut: async (productIds: readonly string[]): Promise<string> => {
    const input = {
      idempotencyKey: crypto.randomUUID(),
      items: productIds.map(productId => ({ productId, quantity: 1 })),
      paymentMethod: 'pm_card_visa',
      shippingAddress: address,
    }
    for (;;) {
      const { data, errors } = await ask(placeOrder, { input })
      const placed = data?.placeOrder
      if (placed?.order) return placed.order.id
      // n.b. So many orders in so short a time are more than one customer may place.
      if (placed?.retryAfterSeconds === undefined)
        throw new Error(`no order: ${JSON.stringify({ data, errors })}`)
      await pause(placed.retryAfterSeconds * 1_000)
    }
  },
})

export type Customer = ReturnType<typeof createCustomer>

/** Puts so many products with endless stock on the shelves; resolves with their ids. */
export const fillShelves = async (staff: Pick<GraphQLClient, 'ask'>, count: number): Promise<Some> => {
  const ids: string[] = []
  await inParallel(count, setUpAtOnce, async index => {
    const input = {
      sku: `HOSTILE-${index}`,
      name: `Product ${index} of those that are asked for`,
      description: 'It is as long as descriptions of products are. '.repeat(5),
      priceMinor: 100 + index,
      currency: 'EUR',
      available: 1_000_000,
    }
    const { data, errors } = await staff.ask(createProduct, { input })
    const id = data?.createProduct?.product?.id
    if (id === undefined) throw new Error(`no product: ${JSON.stringify({ data, errors })}`)
    ids.push(id)
  })
  return some(ids)
}

/** Lets a customer place so many orders of a few lines each; resolves with their ids. */
export const fillHistory = async (customer: Customer, productIds: Some, count: number): Promise<Some> => {
  const ids: string[] = []
  await inParallel(count, setUpAtOnce, async () => {
    ids.push(await customer.checkOut(productIds.slice(0, linesPerOrder)))
  })
  return some(ids)
}

const setUpAtOnce = 8
const linesPerOrder = 5

const createProduct = `mutation Create($input: CreateProductInput!) {
  createProduct(input: $input) { ... on CreateProductSuccess { product { id } } ... on Failure { message } }
}`
