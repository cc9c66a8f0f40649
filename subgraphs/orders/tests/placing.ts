import type { Viewer } from '@supergraph/runtime/identity.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { vi } from 'vitest'
import { z } from 'zod'
import { address, type OrdersUnderTest } from './orders-under-test.ts'

const result = z.looseObject({
  __typename: z.string(),
  order: z
    .object({
      id: z.string(),
      number: z.string(),
      status: z.string(),
      version: z.int(),
      customer: z.object({ id: z.string() }),
      total: z.object({ amountMinor: z.int(), currency: z.string() }),
      items: z.array(z.looseObject({ product: z.object({ id: z.string() }), quantity: z.int() })),
      timeline: z.array(z.object({ status: z.string(), reason: z.string().nullable() })),
      shippingAddress: z.record(z.string(), z.string().nullable()),
    })
    .optional(),
})

const orderFields = `
  id number status version customer { id } total { amountMinor currency }
  items {
    product { id } productName sku quantity unitPrice { amountMinor currency } lineTotal { amountMinor currency }
  }
  timeline { status reason }
  shippingAddress { name line1 line2 city postalCode country }`

const placeOrder = `mutation ($input: PlaceOrderInput!) {
  result: placeOrder(input: $input) {
    __typename
    ... on Failure { message }
    ... on PlaceOrderSuccess { order { ${orderFields} } }
    ... on OutOfStock { items { product { id } requested available } }
    ... on ProductUnavailable { productIds }
    ... on InvalidOrder { field }
    ... on PriceChanged { oldTotal { amountMinor } newTotal { amountMinor } }
    ... on PaymentDeclined { reason }
    ... on TryAgain { retryAfterSeconds }
    ... on TooManyAttempts { retryAfterSeconds }
  }
}`

const cancelOrder = `mutation ($input: CancelOrderInput!) {
  result: cancelOrder(input: $input) {
    __typename
    ... on Failure { message }
    ... on CancelOrderSuccess { order { ${orderFields} } }
    ... on IllegalOrderTransition { from to }
  }
}`

type Item = { readonly productId: string; readonly quantity: number }

type Choice = {
  readonly idempotencyKey: string
  readonly paymentMethod: string
  readonly shippingAddress: typeof address
  readonly expectedTotalMinor: number
  /** The process that is asked. */
  readonly url: string
  /** How long the caller says that it will wait. */
  readonly waitMs: number
  readonly clientAddress: string
}

/** Places an order of these items; the key is new unless it is given. */
export const place = async (
  orders: OrdersUnderTest,
  viewer: Viewer,
  items: readonly Item[],
  { url = orders.url, waitMs, clientAddress, ...chosen }: Partial<Choice> = {},
) => {
  const usual = { idempotencyKey: uuidv7(), paymentMethod: 'pm_card_visa', shippingAddress: address }
  const input = { ...usual, items, ...chosen }
  return resultOf(await orders.ask(viewer, placeOrder, { input }, url, waitMs, clientAddress))
}

/** Places an order that is placed, or fails the test. */
export const placed = async (...args: Parameters<typeof place>) => orderOf(await place(...args))

/** Places an order as `placed` does, and repeats the request with its key while the service is too busy. */
export const placedInTheEnd = (...[orders, viewer, items, choice]: Parameters<typeof place>) => {
  const idempotencyKey = choice?.idempotencyKey ?? uuidv7()
  return vi.waitFor(() => placed(orders, viewer, items, { ...choice, idempotencyKey }))
}

export const cancel = async (orders: OrdersUnderTest, viewer: Viewer, orderId: string, reason?: string) =>
  resultOf(await orders.ask(viewer, cancelOrder, { input: { orderId, reason } }))

/** The order in a result, or fails the test. */
export const orderOf = (answer: z.output<typeof result>) => {
  if (answer.order === undefined) throw new Error(`No order: ${JSON.stringify(answer)}`)
  return answer.order
}

const resultOf = (answer: Awaited<ReturnType<OrdersUnderTest['ask']>>) => {
  if (answer.errors !== undefined) throw new Error(JSON.stringify(answer.errors))
  return result.parse(answer.data?.result)
}
