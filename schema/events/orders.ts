import { defineEvent } from '@supergraph/messaging/envelope.ts'
import { sensitive } from '@supergraph/messaging/sensitive.ts'
import { z } from 'zod'
import { minorUnits, money } from '../money.ts'
import { staffAct } from '../staff-act.ts'

const order = z.object({
  orderId: z.uuid(),
  number: z.string(),
  customerId: z.uuid(),
  total: money,
})

/** What somebody has written, who may have named a person. */
const freeText = sensitive(z.string())

/** An order was accepted for processing: it is PENDING, version 1. Subject: the order. */
export const OrderPlaced = defineEvent({
  type: 'order.placed',
  source: 'orders',
  data: order.extend({ items: z.array(z.object({ productId: z.uuid(), quantity: z.int() })) }),
})

/**
 * The payment of a PENDING order needs its customer (ACTION_REQUIRED), is with the payment provider (PROCESSING) or is
 * approved (AUTHORIZED); or a bank has taken it back (PAYMENT_FAILED), has sent a refund back (REFUND_FAILED), or tells of a
 * dispute (DISPUTE_OPENED, DISPUTE_CHANGED, DISPUTE_CLOSED). Others may be added. `refund` is the one that was sent back; missing
 * in events of before. Subject: the order.
 */
export const OrderPaymentChanged = defineEvent({
  type: 'order.payment-changed',
  source: 'orders',
  data: order.extend({
    change: z.string(),
    refund: z.object({ refundId: z.uuid(), amount: money }).optional(),
  }),
})

/** An order is paid for and its stock is taken. Subject: the order. */
export const OrderConfirmed = defineEvent({
  type: 'order.confirmed',
  source: 'orders',
  data: order.extend({
    /** Empty in events of before payments. */
    items: z
      .array(
        z.object({
          productId: z.uuid(),
          productName: z.string(),
          sku: z.string(),
          quantity: z.int(),
          unitPriceMinor: minorUnits,
        }),
      )
      .default([]),
  }),
})

/** An order was refused and took nothing. Subject: the order. */
export const OrderRejected = defineEvent({
  type: 'order.rejected',
  source: 'orders',
  data: order.extend({
    reason: freeText,
    /** The same as one word, for those who write in another language; missing in events of before. */
    refusal: z.string().optional(),
  }),
})

/** An order was called off; its stock and its payment go back. Subject: the order. */
export const OrderCancelled = defineEvent({
  type: 'order.cancelled',
  source: 'orders',
  data: order.extend({ reason: freeText.nullable() }),
})

/** An order is on its way. Subject: the order. */
export const OrderShipped = defineEvent({
  type: 'order.shipped',
  source: 'orders',
  data: order.extend({ trackingNumber: sensitive(z.string()), carrier: freeText.nullable() }),
})

/** An order has arrived. Subject: the order. */
export const OrderDelivered = defineEvent({ type: 'order.delivered', source: 'orders', data: order })

/** Money of an order was returned; the order is REFUNDED where `isFull`, else it goes on. Subject: the order. */
export const OrderRefunded = defineEvent({
  type: 'order.refunded',
  source: 'orders',
  data: order.extend({
    refundId: z.uuid(),
    amount: money,
    isFull: z.boolean(),
    /** The units that were refunded; empty where all that was left was. */
    items: z.array(z.object({ productId: z.uuid(), quantity: z.int() })),
    reason: freeText.nullable(),
  }),
})

/** Staff changed an order that is not their own. Subject: an id of this event's own; version 1. */
export const OrderStaffActed = defineEvent({ type: 'order.staff-acted', source: 'orders', data: staffAct })

/**
 * Orders has replaced what its orders held of somebody whose account was deleted; none of them is under way any more. Subject: an
 * id of this event's own; version 1.
 */
export const CustomerForgotten = defineEvent({
  type: 'customer.forgotten',
  source: 'orders',
  data: z.object({ userId: z.uuid() }),
})
