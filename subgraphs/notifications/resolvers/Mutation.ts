import { requireUser } from '@supergraph/runtime/identity.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import { isInvalid, parseInput } from '@supergraph/subgraph/input.ts'
import { z } from 'zod'
import { notificationChannels } from '../domain/preference.ts'
import type { MutationResolvers } from '../generated/resolvers.ts'
import { invalidInput } from './failures.ts'

const maxIds = 100
const idCountAdvice = `Give 1 to ${maxIds} ids.`

const markInput = z.object({
  ids: z.array(z.string()).min(1, idCountAdvice).max(maxIds, idCountAdvice),
})

const preferenceInput = z.object({ channel: z.enum(notificationChannels), enabled: z.boolean() })

export const Mutation = {
  markNotificationsRead: async (_parent, { input }, { viewer, notifications, forget }) => {
    const userId = requireUser(viewer)
    const parsed = parseInput(markInput, input)
    if (isInvalid(parsed)) return invalidInput(parsed)
    const marked = await notifications.markRead(userId, parsed.ids.filter(isUuid))
    forget()
    return { __typename: 'MarkNotificationsReadSuccess', notifications: marked, user: { id: userId } }
  },

  updateNotificationPreferences: async (_parent, { input }, { viewer, preferences, forget }) => {
    const userId = requireUser(viewer)
    const { channel, enabled } = preferenceInput.parse(input)
    await preferences.update(userId, channel, enabled)
    forget()
    return { __typename: 'UpdateNotificationPreferencesSuccess', user: { id: userId } }
  },
} satisfies MutationResolvers
