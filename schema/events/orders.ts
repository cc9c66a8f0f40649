import { defineEvent } from '@supergraph/messaging/envelope.ts'
import { z } from 'zod'

const money = z.object({ amountMinor: z.int(), currency: z.string() })

const order = z.object({
  orderId: z.uuid(),
  number: z.string(),
  customerId: z.uuid(),
  total: money,
})

/** An order was accepted for processing: it is PENDING, version 1. Subject: the order. */
export const OrderPlaced = defineEvent({
  type: 'order.placed',
  source: 'orders',
  data: order.extend({ items: z.array(z.object({ productId: z.uuid(), quantity: z.int() })) }),
})

/** Every line of an order is reserved. Subject: the order. */
export const OrderConfirmed = defineEvent({ type: 'order.confirmed', source: 'orders', data: order })

/** An order was refused and took nothing. Subject: the order. */
export const OrderRejected = defineEvent({
  type: 'order.rejected',
  source: 'orders',
  data: order.extend({ reason: z.string() }),
})

/** An order was called off; its stock goes back. Subject: the order. */
export const OrderCancelled = defineEvent({
  type: 'order.cancelled',
  source: 'orders',
  data: order.extend({ reason: z.string().nullable() }),
})
