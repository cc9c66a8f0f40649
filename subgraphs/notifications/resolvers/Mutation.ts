import { requireUser } from '@supergraph/runtime/identity.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import type { MutationResolvers } from '../generated/resolvers.ts'

const maxIds = 100

export const Mutation = {
  markNotificationsRead: async (_, { input: { ids } }, context) => {
    const userId = requireUser(context.viewer)
    if (ids.length < 1 || ids.length > maxIds)
      return { __typename: 'InvalidInput', field: 'ids', message: `Give 1 to ${maxIds} ids.` }
    const notifications = await context.notifications.markRead(userId, ids.filter(isUuid))
    context.forgetLoaded()
    return { __typename: 'MarkNotificationsReadSuccess', notifications, user: { id: userId } }
  },
  updateNotificationPreferences: async (_, { input: { channel, enabled } }, context) => {
    const userId = requireUser(context.viewer)
    await context.preferences.update(userId, channel, enabled)
    context.forgetLoaded()
    return { __typename: 'UpdateNotificationPreferencesSuccess', user: { id: userId } }
  },
} satisfies MutationResolvers
