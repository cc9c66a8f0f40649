import { z } from 'zod'

const money = z.object({ amountMinor: z.int(), currency: z.string() })

const order = z.object({ orderId: z.string(), number: z.string(), total: money })

/** What its customer is told about a change of an order. */
export const orderNews = z.discriminatedUnion('kind', [
  order.extend({
    kind: z.literal('ORDER_CONFIRMED'),
    /** The lines of the order, at the prices when the order was placed. */
    items: z
      .array(
        z.object({ productName: z.string(), sku: z.string(), quantity: z.int(), unitPriceMinor: z.int() }),
      )
      .readonly(),
  }),
  order.extend({
    kind: z.literal('ORDER_REJECTED'),
    /** In English. */
    reason: z.string(),
    /** Names the reason in a word. */
    refusal: z.string().optional(),
  }),
  order.extend({ kind: z.literal('ORDER_CANCELLED'), reason: z.string().nullable() }),
  order.extend({
    kind: z.literal('ORDER_SHIPPED'),
    carrier: z.string().nullable(),
    trackingNumber: z.string(),
  }),
  order.extend({ kind: z.literal('ORDER_DELIVERED') }),
  order.extend({
    kind: z.literal('ORDER_REFUNDED'),
    amount: money,
    isFull: z.boolean(),
    reason: z.string().nullable(),
  }),
])

/** What is told about a change of an order. */
export type OrderContent = z.output<typeof orderNews>

/** A change of an order, as its event describes it. */
export type OrderNews = OrderContent & { readonly customerId: string }
