import { unauthenticated } from '@supergraph/runtime/errors.ts'
import { requireScope, requireUser, type Viewer } from '@supergraph/runtime/identity.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import { postalAddress } from '@supergraph/schema/postal-address.ts'
import { parseArguments, parseInput } from '@supergraph/subgraph/input.ts'
import type { Context } from '../context.ts'
import type { SignedIn } from '../database/session-store.ts'
import { passwordResetMinutes } from '../domain/one-time-token.ts'
import { isRefusal } from '../domain/refusals.ts'
import { refreshInput } from '../domain/session.ts'
import { passwordResetRequest, profileInput, registrationInput } from '../domain/user.ts'
import type { MutationResolvers } from '../generated/resolvers.ts'
import type { SessionCaller } from '../sessions/sessions.ts'
import { toFailure } from './failures.ts'

/** Accounts, sessions, roles and address books. */
export const Mutation = {
  register: async (_parent, { input }, context) => {
    const registration = parseInput(registrationInput, input)
    if (isRefusal(registration)) return toFailure(registration)
    const signedIn = await context.sessions.register(registration, context.clientAddress)
    return isRefusal(signedIn) ? toFailure(signedIn) : toSession(context, signedIn)
  },

  login: async (_parent, { input }, context) => {
    const signedIn = await context.sessions.login(input, context.clientAddress)
    return isRefusal(signedIn) ? toFailure(signedIn) : toSession(context, signedIn)
  },

  refreshSession: async (_parent, { input }, context) => {
    const { refreshToken, idempotencyKey } = parseArguments(refreshInput, input)
    const signedIn = await context.sessions.refresh(refreshToken, idempotencyKey ?? undefined)
    return isRefusal(signedIn) ? toFailure(signedIn) : toSession(context, signedIn)
  },

  logout: async (_parent, { input }, { sessions }) => ({
    __typename: 'LogoutSuccess',
    endedSessions: await sessions.end(input.refreshToken),
  }),

  logoutEverywhere: async (_parent, { input }, { viewer, sessions }) => {
    const caller = requireSession(viewer)
    const endedSessions = requireAlive(await sessions.endAll(caller, input.exceptThis === true))
    return { __typename: 'LogoutEverywhereSuccess', endedSessions }
  },

  changePassword: async (_parent, { input }, { viewer, sessions }) => {
    const changed = requireAlive(await sessions.changePassword(requireSession(viewer), input))
    return isRefusal(changed) ? toFailure(changed) : { __typename: 'ChangePasswordSuccess', ...changed }
  },

  requestPasswordReset: async (_parent, { input }, { passwordResets, clientAddress }) => {
    const request = parseInput(passwordResetRequest, input)
    if (isRefusal(request)) return toFailure(request)
    const refusal = await passwordResets.request(request.email.canonical, clientAddress)
    if (refusal !== undefined) return toFailure(refusal)
    return { __typename: 'RequestPasswordResetSuccess', message: resetRequested }
  },

  resetPassword: async (_parent, { input }, context) => {
    const signedIn = await context.passwordResets.reset(input, context.clientAddress)
    return isRefusal(signedIn) ? toFailure(signedIn) : toSession(context, signedIn)
  },

  setUserRole: async (_parent, { input: { userId, role } }, { viewer, roles, forget }) => {
    requireScope(viewer, 'users:manage')
    const { sessionId } = requireSession(viewer)
    if (!isUuid(userId)) return toFailure({ kind: 'userNotFound' })
    const user = requireAlive(await roles.set(userId, role, sessionId))
    forget()
    return isRefusal(user) ? toFailure(user) : { __typename: 'SetUserRoleSuccess', user }
  },

  updateMe: async (_parent, { input }, { viewer, users, forget }) => {
    const userId = requireUser(viewer)
    const profile = parseInput(profileInput, input)
    if (isRefusal(profile)) return toFailure(profile)
    const user = requireAlive(await users.changeProfile(userId, profile))
    forget()
    return { __typename: 'UpdateMeSuccess', user }
  },

  addAddress: async (_parent, { input }, { viewer, addresses, forget }) => {
    const userId = requireUser(viewer)
    const address = parseInput(postalAddress, input.address, ['address'])
    if (isRefusal(address)) return toFailure(address)
    const changed = requireAlive(await addresses.add(userId, address))
    forget()
    return isRefusal(changed) ? toFailure(changed) : { __typename: 'AddAddressSuccess', ...changed }
  },

  updateAddress: async (_parent, { input }, { viewer, addresses, forget }) => {
    const userId = requireUser(viewer)
    const address = parseInput(postalAddress, input.address, ['address'])
    if (isRefusal(address)) return toFailure(address)
    const changed = requireAlive(await addresses.replace(userId, input.addressId, address))
    forget()
    return isRefusal(changed) ? toFailure(changed) : { __typename: 'UpdateAddressSuccess', ...changed }
  },

  removeAddress: async (_parent, { input }, { viewer, addresses, forget }) => {
    const userId = requireUser(viewer)
    const changed = requireAlive(await addresses.remove(userId, input.addressId))
    forget()
    return isRefusal(changed) ? toFailure(changed) : { __typename: 'RemoveAddressSuccess', ...changed }
  },
} satisfies MutationResolvers

const resetRequested = `If this address has an account, an e-mail with a link is on its way. The link works for ${passwordResetMinutes} minutes.`

// n.b. the request that signs somebody in is anonymous itself, and yet shows them their own account
const toSession = (context: Context, signedIn: SignedIn) => {
  context.signedIn.add(signedIn.user.id)
  return { __typename: 'Session', ...signedIn } as const
}

const requireSession = (viewer: Viewer): SessionCaller => {
  if (viewer.kind !== 'user') throw unauthenticated()
  return { userId: viewer.id, sessionId: viewer.sessionId }
}

/** n.b. a token works on after its account or its session has ended; then a store returns undefined. */
const requireAlive = <T>(result: T | undefined): T => {
  if (result === undefined) throw unauthenticated()
  return result
}
