import { unauthenticated } from '@supergraph/runtime/errors.ts'
import { requireUser } from '@supergraph/runtime/identity.ts'
import type { Context } from '../context.ts'
import { parsePostalAddress } from '../domain/address.ts'
import { isRefusal } from '../domain/refusals.ts'
import { parseProfile } from '../domain/user.ts'
import type { MutationResolvers } from '../generated/resolvers.ts'
import type { Session } from '../sessions.ts'

export const Mutation: MutationResolvers = {
  register: async (_, { input }, context) => {
    const session = await context.sessions.register(input)
    return isRefusal(session) ? session : opened(context, session)
  },

  login: async (_, { input }, context) => {
    const session = await context.sessions.login(input)
    return isRefusal(session) ? session : opened(context, session)
  },

  updateMe: async (_, { input }, { viewer, users, userById }) => {
    const userId = requireUser(viewer)
    const profile = parseProfile(input)
    if (isRefusal(profile)) return profile
    const user = present(await users.changeProfile(userId, profile))
    userById.clear(userId)
    return { __typename: 'UpdateMeSuccess', user }
  },

  addAddress: async (_, { input }, { viewer, addresses, addressesOf }) => {
    const userId = requireUser(viewer)
    const address = parsePostalAddress(input.address)
    if (isRefusal(address)) return address
    const changed = present(await addresses.add(userId, address))
    addressesOf.clear(userId)
    return isRefusal(changed) ? changed : { __typename: 'AddAddressSuccess', ...changed }
  },

  updateAddress: async (_, { input }, { viewer, addresses, addressesOf }) => {
    const userId = requireUser(viewer)
    const address = parsePostalAddress(input.address)
    if (isRefusal(address)) return address
    const changed = present(await addresses.replace(userId, input.addressId, address))
    addressesOf.clear(userId)
    return isRefusal(changed) ? changed : { __typename: 'UpdateAddressSuccess', ...changed }
  },

  removeAddress: async (_, { input }, { viewer, addresses, addressesOf }) => {
    const userId = requireUser(viewer)
    const changed = present(await addresses.remove(userId, input.addressId))
    addressesOf.clear(userId)
    return isRefusal(changed) ? changed : { __typename: 'RemoveAddressSuccess', ...changed }
  },
}

// n.b. the request that signs someone in is anonymous itself, and yet shows them their own account
const opened = ({ signedIn }: Context, session: Session) => {
  signedIn.add(session.user.id)
  return { __typename: 'Session', ...session } as const
}

/** n.b. a token outlives its account. */
const present = <T>(result: T | undefined): T => {
  if (result === undefined) throw unauthenticated()
  return result
}
