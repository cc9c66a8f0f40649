import { isUuid } from '@supergraph/runtime/uuid.ts'
import { seesPersonal } from '../access.ts'
import type { UserResolvers } from '../generated/resolvers.ts'

export const User: UserResolvers = {
  __resolveReference: ({ id }, context) => {
    const isVisible = context.viewer.kind === 'service' || seesPersonal(context, id)
    return isUuid(id) && isVisible ? context.userById.load(id) : null
  },

  email: (user, _, context) => (seesPersonal(context, user.id) ? user.email : null),

  addresses: (user, _, context) =>
    seesPersonal(context, user.id) ? context.addressesOf.load(user.id) : null,
}
