import type { ConsumerQueue } from '@supergraph/messaging/consumer.ts'
import {
  OrderCancelled,
  OrderConfirmed,
  OrderPaymentChanged,
  OrderRefunded,
} from '@supergraph/schema/events/orders.ts'
import { ProductUpdated } from '@supergraph/schema/events/products.ts'

/** The durable queues of analytics. */
export const queues = {
  onOrderChanged: {
    queue: 'analytics.on-order-changed',
    events: [OrderConfirmed, OrderCancelled, OrderRefunded, OrderPaymentChanged],
  },
  onProductUpdated: { queue: 'analytics.on-product-updated', events: [ProductUpdated] },
} as const satisfies Readonly<Record<string, ConsumerQueue>>
