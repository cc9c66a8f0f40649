import { isUuid } from '@supergraph/runtime/uuid.ts'
import { deletedUser } from '../domain/deletion.ts'
import type { UserResolvers } from '../generated/resolvers.ts'
import { seesPersonal, seesSessions } from './personal-data-access.ts'

/** An account; other subgraphs refer to it by id, also when it is deleted. */
export const User = {
  __resolveReference: async ({ id }, context) => {
    const isVisible = context.viewer.kind === 'service' || seesPersonal(context, id)
    if (!isUuid(id) || !isVisible) return null
    const user = await context.userById.load(id)
    if (user !== null) return user
    const deletion = await context.deletionOf.load(id)
    return deletion !== null && deletion.carriedOutAt !== null ? deletedUser(id) : null
  },

  email: (user, _arguments, context) =>
    seesPersonal(context, user.id) ? user.shownEmail || user.email || null : null,

  emailVerified: (user, _arguments, context) => (seesPersonal(context, user.id) ? user.emailVerified : null),

  locale: (user, _arguments, context) => (seesPersonal(context, user.id) ? user.locale : null),

  totpEnabled: (user, _arguments, context) =>
    seesSessions(context, user.id) ? user.totpSince !== null : null,

  deletionDueAt: async (user, _arguments, context) => {
    if (!seesPersonal(context, user.id)) return null
    return (await context.deletionOf.load(user.id))?.dueAt ?? null
  },

  sessions: async (user, _arguments, context) => {
    if (!seesSessions(context, user.id)) return null
    const { viewer } = context
    const sessions = await context.sessionsOf.load(user.id)
    const currentId = viewer.kind === 'user' ? viewer.sessionId : undefined
    return sessions.map(session => ({ ...session, isCurrent: session.id === currentId }))
  },

  addresses: (user, _arguments, context) =>
    seesPersonal(context, user.id) ? context.addressesOf.load(user.id) : null,
} satisfies UserResolvers
