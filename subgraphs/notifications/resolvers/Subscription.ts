import { badUserInput } from '@supergraph/runtime/errors.ts'
import { requireUser } from '@supergraph/runtime/identity.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import type { NotificationRow, OrderUpdateRow, ProductStockRow } from '../database/tables.ts'
import type { SubscriptionResolvers } from '../generated/resolvers.ts'

const maxProducts = 100

export const Subscription = {
  orderUpdated: {
    subscribe: async (_, { orderId }, context) => context.live.order(orderId, requireUser(context.viewer)),
    resolve: ({ orderId, type, version, occurredAt, eventId }: OrderUpdateRow) => ({
      order: { id: orderId },
      type,
      version,
      occurredAt,
      eventId,
    }),
  },
  notificationAdded: {
    subscribe: async (_, __, context) => context.live.notifications(requireUser(context.viewer)),
    resolve: (notification: NotificationRow) => ({ notification }),
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
