import { pageSize } from '@supergraph/postgres/keyset.ts'
import { requireScope } from '@supergraph/runtime/identity.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import { loadVisibleOrder } from '../context.ts'
import type { QueryResolvers } from '../generated/resolvers.ts'
import { toOrderConnection, toOrderPage } from './order-page.ts'

export const Query = {
  order: (_, { id }, context) => loadVisibleOrder(context, id),

  orders: async (_, { first, after, filter }, { viewer, reads }) => {
    requireScope(viewer, 'orders:read')
    const page = toOrderPage({ first, after, status: filter?.status })
    const customerId = filter?.customerId ?? null
    const isKnowable = customerId === null || isUuid(customerId)
    return toOrderConnection(isKnowable ? await reads.page({ ...page, customerId }) : [], page)
  },

  ordersUnderWay: (_, { first }, { viewer, reads }) => {
    requireScope(viewer, 'orders:read')
    return reads.underWay(pageSize(first))
  },

  ordersOwingRefunds: (_, { first }, { viewer, reads }) => {
    requireScope(viewer, 'orders:read')
    return reads.owingRefunds(pageSize(first))
  },
} satisfies QueryResolvers
