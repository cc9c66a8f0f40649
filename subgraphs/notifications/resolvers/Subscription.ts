import { requireScope, requireUser } from '@supergraph/runtime/identity.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import { parseArguments } from '@supergraph/subgraph/input.ts'
import { z } from 'zod'
import type { PlacedOrder } from '../database/placed-order-store.ts'
import type { ProductStock } from '../database/product-stock-store.ts'
import type { NotificationRow, OrderUpdateRow } from '../database/tables.ts'
import type { SubscriptionResolvers } from '../generated/resolvers.ts'
import { notificationCursor, numberIn } from './notification-cursor.ts'

const maxProducts = 100
const productCountAdvice = `"productIds" must hold 1 to ${maxProducts} ids.`

const orderArguments = z.object({
  orderId: z.string(),
  afterVersion: z.int().min(0, '"afterVersion" must be 0 or a version of the order.').nullish(),
})

const stockArguments = z.object({
  productIds: z
    .array(z.string())
    .min(1, productCountAdvice)
    .max(maxProducts, productCountAdvice)
    .transform(ids => ids.filter(isUuid))
    .refine(ids => ids.length > 0, '"productIds" holds no id of a product.'),
})

export const Subscription = {
  orderUpdated: {
    subscribe: async (_parent, given, { viewer, live }) => {
      const customerId = requireUser(viewer)
      const { orderId, afterVersion } = parseArguments(orderArguments, given)
      return live.order(orderId, customerId, afterVersion ?? undefined)
    },
    resolve: ({ orderId, ...change }: OrderUpdateRow) => ({ ...change, order: { id: orderId } }),
  },

  notificationAdded: {
    subscribe: async (_parent, { after }, { viewer, live }) => {
      const userId = requireUser(viewer)
      return live.notifications(userId, typeof after === 'string' ? numberIn(after) : undefined)
    },
    resolve: (notification: NotificationRow) => ({
      notification,
      cursor: notificationCursor(notification.seq),
    }),
  },

  orderPlaced: {
    subscribe: async (_parent, _arguments, { viewer, live }) => {
      requireScope(viewer, 'orders:read')
      return live.placed()
    },
    resolve: ({ orderId, ...placed }: PlacedOrder) => ({ ...placed, order: { id: orderId } }),
  },

  productStockChanged: {
    subscribe: async (_parent, given, { live }) =>
      live.stock(parseArguments(stockArguments, given).productIds),
    resolve: ({ productId, ...stock }: ProductStock) => ({ ...stock, product: { id: productId } }),
  },
} satisfies SubscriptionResolvers
