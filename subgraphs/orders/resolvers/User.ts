import { isUuid } from '@supergraph/runtime/uuid.ts'
import { seesOrdersOf } from '../context.ts'
import type { UserResolvers } from '../generated/resolvers.ts'
import { toOrderConnection, toOrderPage } from './order-page.ts'

export const User = {
  orders: async ({ id }, args, { viewer, loaders }) => {
    if (!isUuid(id) || !seesOrdersOf(viewer, id)) return null
    const page = toOrderPage(args)
    return toOrderConnection(await loaders().ordersOf.load(page, id.toLowerCase()), page)
  },
} satisfies UserResolvers
