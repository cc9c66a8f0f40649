import { isUuid } from '@supergraph/runtime/uuid.ts'
import type { UserResolvers } from '../generated/resolvers.ts'
import { seesPersonal } from './personal-data-access.ts'

/** An account; other subgraphs refer to it by id. */
export const User = {
  __resolveReference: ({ id }, context) => {
    const isVisible = context.viewer.kind === 'service' || seesPersonal(context, id)
    return isUuid(id) && isVisible ? context.userById.load(id) : null
  },

  email: (user, _arguments, context) =>
    seesPersonal(context, user.id) ? (user.shownEmail ?? user.email) : null,

  addresses: (user, _arguments, context) =>
    seesPersonal(context, user.id) ? context.addressesOf.load(user.id) : null,
} satisfies UserResolvers
