import { unauthenticated } from '@supergraph/runtime/errors.ts'
import { requireScope, requireUser, type Viewer } from '@supergraph/runtime/identity.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import type { Context } from '../context.ts'
import type { Session } from '../database/session-store.ts'
import { parsePostalAddress } from '../domain/address.ts'
import { isRefusal, userNotFound } from '../domain/refusals.ts'
import { parseProfile } from '../domain/user.ts'
import type { MutationResolvers } from '../generated/resolvers.ts'

export const Mutation: MutationResolvers = {
  register: async (_, { input }, context) => {
    const session = await context.sessions.register(input)
    return isRefusal(session) ? session : opened(context, session)
  },

  login: async (_, { input }, context) => {
    const session = await context.sessions.login(input, context.clientAddress)
    return isRefusal(session) ? session : opened(context, session)
  },

  refreshSession: async (_, { input }, context) => {
    const session = await context.sessions.refresh(input.refreshToken)
    return isRefusal(session) ? session : opened(context, session)
  },

  logout: async (_, { input }, { sessions }) => ({
    __typename: 'LogoutSuccess',
    endedSessions: await sessions.end(input.refreshToken),
  }),

  logoutEverywhere: async (_, { input }, { viewer, sessions }) => {
    const asking = requireSession(viewer)
    const endedSessions = present(await sessions.endAll(asking, input.exceptThis === true))
    return { __typename: 'LogoutEverywhereSuccess', endedSessions }
  },

  changePassword: async (_, { input }, { viewer, clientAddress, sessions }) => {
    const changed = present(await sessions.changePassword(requireSession(viewer), input, clientAddress))
    return isRefusal(changed) ? changed : { __typename: 'ChangePasswordSuccess', ...changed }
  },

  setUserRole: async (_, { input: { userId, role } }, { viewer, roles, userById }) => {
    requireScope(viewer, 'users:manage')
    const { sessionId } = requireSession(viewer)
    if (!isUuid(userId)) return userNotFound
    const user = present(await roles.set(userId, role, sessionId))
    userById.clear(userId)
    return isRefusal(user) ? user : { __typename: 'SetUserRoleSuccess', user }
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

const requireSession = (viewer: Viewer) => {
  if (viewer.kind !== 'user') throw unauthenticated()
  return { userId: viewer.id, sessionId: viewer.sessionId }
}

/** n.b. a token outlives its account and its session. */
const present = <T>(result: T | undefined): T => {
  if (result === undefined) throw unauthenticated()
  return result
}
