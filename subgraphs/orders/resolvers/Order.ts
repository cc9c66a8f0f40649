import { loadVisibleOrder } from '../context.ts'
import type { OrderResolvers } from '../generated/resolvers.ts'

export const Order = {
  __resolveReference: ({ id }, context) => loadVisibleOrder(context, id),

  customer: ({ customerId }) => ({ __typename: 'User', id: customerId }),

  items: async ({ id, currency }, _, { loaders }) =>
    (await loaders().items.load(id)).map(({ productId, productName, sku, unitPriceMinor, quantity }) => ({
      product: { id: productId },
      productName,
      sku,
      unitPrice: { amountMinor: unitPriceMinor, currency },
      quantity,
      lineTotal: { amountMinor: unitPriceMinor * quantity, currency },
    })),

  total: ({ totalMinor, currency }) => ({ amountMinor: totalMinor, currency }),

  shippingAddress: ({ shipping }) => shipping,

  // n.b. the order may have changed since its row was read
  timeline: async ({ id, version }, _, { loaders }) =>
    (await loaders().changes.load(id)).filter(change => change.version <= version),
} satisfies OrderResolvers
