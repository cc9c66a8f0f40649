import type { Viewer } from '@supergraph/runtime/identity.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { z } from 'zod'
import { customer, type OrdersUnderTest, staff } from './orders-under-test.ts'
import { placed } from './placing.ts'

const money = z.object({ amountMinor: z.int(), currency: z.string() })
const refund = z.object({ id: z.string(), status: z.string(), amount: money, reason: z.string().nullable() })
const result = z.looseObject({
  __typename: z.string(),
  refund: refund.optional(),
  order: z
    .looseObject({
      id: z.string(),
      status: z.string(),
      version: z.int(),
      payment: z.object({
        status: z.string(),
        method: z.string(),
        refunded: money,
        refunds: z.array(refund),
      }),
      tracking: z.object({ carrier: z.string().nullable(), trackingNumber: z.string() }).nullable(),
      timeline: z.array(
        z.object({
          status: z.string(),
          reason: z.string().nullable(),
          actor: z.string(),
          by: z.object({ id: z.string() }).nullable(),
        }),
      ),
    })
    .optional(),
})

const refundFields = 'id status amount { amountMinor currency } reason'
const orderFields = `
  id status version tracking { carrier trackingNumber }
  payment { status method refunded { amountMinor currency } refunds { ${refundFields} } }
  timeline { status reason actor by { id } }`

const failures = '... on Failure { message } ... on IllegalOrderTransition { from to }'
const mutations = {
  cancel: `mutation ($input: CancelOrderInput!) {
    result: cancelOrder(input: $input) {
      __typename ${failures} ... on CancelOrderSuccess { order { ${orderFields} } }
    }
  }`,
  ship: `mutation ($input: ShipOrderInput!) {
    result: shipOrder(input: $input) {
      __typename ${failures} ... on ShipOrderSuccess { order { ${orderFields} } } ... on InvalidOrder { field }
    }
  }`,
  deliver: `mutation ($input: DeliverOrderInput!) {
    result: deliverOrder(input: $input) {
      __typename ${failures} ... on DeliverOrderSuccess { order { ${orderFields} } }
    }
  }`,
  refund: `mutation ($input: RefundOrderInput!) {
    result: refundOrder(input: $input) {
      __typename ${failures}
      ... on RefundOrderSuccess { refund { ${refundFields} } order { ${orderFields} } }
      ... on InvalidOrder { field }
      ... on RefundDeclined { reason }
      ... on TryAgain { retryAfterSeconds }
    }
  }`,
} as const

export type Command = keyof typeof mutations

/** What each command needs beside the order. */
const usual = (command: Command): object => {
  if (command === 'ship') return { trackingNumber: 'JD014600', carrier: 'DHL' }
  return command === 'refund' ? { idempotencyKey: uuidv7() } : {}
}

/** Gives the command on behalf of the viewer and answers with everything that came back. */
export const ask = (
  orders: OrdersUnderTest,
  viewer: Viewer,
  command: Command,
  orderId: string,
  input: object = {},
) => orders.ask(viewer, mutations[command], { input: { orderId, ...usual(command), ...input } })

/** Gives the command, which has to be answered without an error; a refund has a new key unless one is given. */
export const command = async (...args: Parameters<typeof ask>) => {
  const { data, errors } = await ask(...args)
  if (errors !== undefined) throw new Error(JSON.stringify(errors))
  return result.parse(data?.result)
}

const paths = {
  CONFIRMED: [],
  SHIPPED: ['ship'],
  DELIVERED: ['ship', 'deliver'],
  CANCELLED: ['cancel'],
  REFUNDED: ['refund'],
} as const satisfies Readonly<Record<string, readonly Command[]>>

/** A status that commands lead to. */
export type ReachedStatus = keyof typeof paths
export const reachedStatuses = ['CONFIRMED', 'SHIPPED', 'DELIVERED', 'CANCELLED', 'REFUNDED'] as const

/** A new customer's order of 3 mugs at 18.01 and a pen at 3.33, brought to the status. */
export const orderAs = async (orders: OrdersUnderTest, status: ReachedStatus) => {
  const owner = customer()
  const mug = orders.products.add({ sku: `MUG-${uuidv7()}`, priceMinor: 1_801, available: 5 })
  const pen = orders.products.add({ sku: `PEN-${uuidv7()}`, priceMinor: 333, available: 5 })
  const { id } = await placed(orders, owner, [
    { productId: mug, quantity: 3 },
    { productId: pen, quantity: 1 },
  ])
  for (const step of paths[status]) await command(orders, staff, step, id)
  return { id, owner, mug, pen, totalMinor: 5_736 }
}
