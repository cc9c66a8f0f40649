import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import {
  OrderCancelled,
  OrderConfirmed,
  OrderDelivered,
  OrderPlaced,
  OrderRefunded,
  OrderRejected,
  OrderShipped,
} from '@supergraph/schema/events/orders.ts'
import { ProductStockChanged } from '@supergraph/schema/events/products.ts'
import { UserRegistered, UserUpdated } from '@supergraph/schema/events/users.ts'

const longAgo = new Date('2026-03-01T09:30:00.000Z')

/** The events in an order's life, for one customer; each call gives another event. */
export const createOrderEvents = (customerId: string, orderId = uuidv7(), occurredAt = longAgo) => {
  const order = { orderId, number: '100001', customerId, total: { amountMinor: 4_990, currency: 'EUR' } }
  const head = (version: number) => ({ id: uuidv7(), subject: orderId, version, occurredAt })
  return {
    orderId,
    placed: () => OrderPlaced.create({ ...head(1), data: { ...order, items: [] } }),
    confirmed: () => OrderConfirmed.create({ ...head(2), data: { ...order, items: [] } }),
    rejected: () => OrderRejected.create({ ...head(2), data: { ...order, reason: 'OUT_OF_STOCK' } }),
    cancelled: (version = 3, reason: string | null = null) =>
      OrderCancelled.create({ ...head(version), data: { ...order, reason } }),
    shipped: () =>
      OrderShipped.create({ ...head(3), data: { ...order, trackingNumber: 'JD014600', carrier: 'DHL' } }),
    delivered: () => OrderDelivered.create({ ...head(4), data: order }),
    /** A refund of half of the total. */
    refunded: (version = 5) =>
      OrderRefunded.create({
        ...head(version),
        data: {
          ...order,
          refundId: uuidv7(),
          amount: { amountMinor: 2_495, currency: 'EUR' },
          isFull: false,
          items: [],
          reason: null,
        },
      }),
  }
}

export const userRegistered = (
  userId: string,
  {
    name = 'Ada',
    email,
    locale,
    occurredAt = longAgo,
  }: { name?: string; email?: string; locale?: string; occurredAt?: Date } = {},
) =>
  UserRegistered.create({
    id: uuidv7(),
    subject: userId,
    version: 1,
    occurredAt,
    data: { userId, name, email, locale },
  })

export const userUpdated = (
  userId: string,
  version: number,
  data: { name: string; email: string; locale?: string },
) =>
  UserUpdated.create({
    id: uuidv7(),
    subject: userId,
    version,
    occurredAt: new Date(),
    data: { userId, ...data },
  })

export const stockChanged = (productId: string, version: number, available: number) =>
  ProductStockChanged.create({
    id: uuidv7(),
    subject: productId,
    version,
    occurredAt: longAgo,
    data: { productId, sku: 'MUG', available },
  })
