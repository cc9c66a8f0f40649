import { hasScope } from '@supergraph/runtime/identity.ts'
import { loadVisibleOrder } from '../context.ts'
import { toOrder } from '../database/order-row.ts'
import { givenUpAt } from '../domain/patience.ts'
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

  payment: order => order,

  timeline: async ({ id, version }, _, { viewer, loaders }) => {
    const showsWho = hasScope(viewer, 'orders:read')
    const changes = await loaders().changes.load(id)
    return (
      changes
        // n.b. the order may have changed since its row was read
        .filter(change => change.version <= version)
        .map(({ status, at, reason, actorKind, actorId }) => ({
          status,
          at,
          reason,
          actor: actorKind,
          by: showsWho && actorId !== null ? { id: actorId } : null,
        }))
    )
  },

  nextStep: async (order, _, { viewer, loaders }) => {
    if (order.step === null || !hasScope(viewer, 'orders:read')) return null
    // n.b. the order may have changed since its row was read
    const next = await loaders().nextStep.load(order.id)
    if (next === null) return null
    const { step: kind, ...rest } = next
    return { kind, ...rest, givenUpAt: givenUpAt(toOrder(order, null)) }
  },
} satisfies OrderResolvers
