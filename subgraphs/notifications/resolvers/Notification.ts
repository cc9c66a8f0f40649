import { isUser } from '@supergraph/runtime/identity.ts'
import type { NotificationResolvers } from '../generated/resolvers.ts'

export const Notification = {
  __resolveReference: async ({ id }, { viewer, notificationById }) => {
    const notification = await notificationById.load(id)
    return notification !== null && isUser(viewer, notification.userId) ? notification : null
  },
  order: ({ orderId }) => (orderId === null ? null : { id: orderId }),
} satisfies NotificationResolvers
