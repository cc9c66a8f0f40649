import { badUserInput } from '@supergraph/runtime/errors.ts'
import { requireScope, requireUser } from '@supergraph/runtime/identity.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import type { PlacedOrderRow } from '../database/placed-order-store.ts'
import type { NotificationRow, OrderUpdateRow, ProductStockRow } from '../database/tables.ts'
import type { SubscriptionResolvers } from '../generated/resolvers.ts'
import { notificationCursor, numberIn } from './notification-cursor.ts'

const maxProducts = 100

export const Subscription = {
  orderUpdated: {
    subscribe: async (_, { orderId, afterVersion }, context) => {
      const customerId = requireUser(context.viewer)
      if (typeof afterVersion === 'number' && afterVersion < 0)
        throw badUserInput('"afterVersion" must be 0 or a version of the order.')
      return context.live.order(orderId, customerId, afterVersion ?? undefined)
    },
    resolve: ({ orderId, type, version, occurredAt, eventId }: OrderUpdateRow) => ({
      order: { id: orderId },
      type,
      version,
      occurredAt,
      eventId,
    }),
  },
  notificationAdded: {
    subscribe: async (_, { after }, context) => {
      const userId = requireUser(context.viewer)
      return context.live.notifications(userId, typeof after === 'string' ? numberIn(after) : undefined)
    },
    resolve: (notification: NotificationRow) => ({
      notification,
      cursor: notificationCursor(notification.seq),
    }),
  },
  orderPlaced: {
    subscribe: async (_, __, context) => {
      requireScope(context.viewer, 'orders:read')
      return context.live.placed()
    },
    resolve: ({ orderId, occurredAt, eventId }: PlacedOrderRow) => ({
      order: { id: orderId },
      occurredAt,
      eventId,
    }),
  },
  productStockChanged: {
    subscribe: async (_, { productIds }, context) => {
      if (productIds.length < 1 || productIds.length > maxProducts)
        throw badUserInput(`"productIds" must hold 1 to ${maxProducts} ids.`)
      const ids = productIds.filter(isUuid)
      if (ids.length === 0) throw badUserInput('"productIds" holds no id of a product.')
      return context.live.stock(ids)
    },
    resolve: ({ productId, available, occurredAt }: ProductStockRow) => ({
      product: { id: productId },
      available,
      occurredAt,
    }),
  },
} satisfies SubscriptionResolvers
