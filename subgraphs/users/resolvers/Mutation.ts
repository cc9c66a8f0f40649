import { requireUser } from '@supergraph/runtime/identity.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import { postalAddress } from '@supergraph/schema/postal-address.ts'
import { parseArguments, parseInput } from '@supergraph/subgraph/input.ts'
import { requireStaff } from '@supergraph/subgraph/staff.ts'
import { actReason } from '../domain/audit-filter.ts'
import { linkMinutes, passwordResetMinutes } from '../domain/one-time-token.ts'
import { isRefusal } from '../domain/refusals.ts'
import { originOf, refreshInput } from '../domain/session.ts'
import { emailChangeRequest, passwordResetRequest, profileInput, registrationInput } from '../domain/user.ts'
import type { MutationResolvers } from '../generated/resolvers.ts'
import { requireAlive, requireSession, toSession } from './callers.ts'
import { toFailure } from './failures.ts'
import { totpMutations } from './totp-mutations.ts'

/** Accounts, sessions, roles and address books. */
export const Mutation = {
  ...totpMutations,

  register: async (_parent, { input }, context) => {
    const registration = parseInput(registrationInput, input)
    if (isRefusal(registration)) return toFailure(registration)
    const signedIn = await context.sessions.register(registration, originOf(context))
    return isRefusal(signedIn) ? toFailure(signedIn) : toSession(context, signedIn)
  },

  login: async (_parent, { input }, context) => {
    const signedIn = await context.sessions.login(input, originOf(context))
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

  endSession: async (_parent, { input }, { viewer, sessions, forget }) => {
    const endedSessions = requireAlive(await sessions.endOne(requireSession(viewer), input.sessionId))
    forget()
    return { __typename: 'EndSessionSuccess', endedSessions }
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
    const signedIn = await context.passwordResets.reset(input, originOf(context))
    return isRefusal(signedIn) ? toFailure(signedIn) : toSession(context, signedIn)
  },

  requestEmailVerification: async (_parent, _arguments, { viewer, emails, clientAddress }) => {
    const user = requireAlive(await emails.requestVerification(requireSession(viewer), clientAddress))
    return isRefusal(user) ? toFailure(user) : { __typename: 'RequestEmailVerificationSuccess', user }
  },

  verifyEmail: async (_parent, { input }, { emails, forget }) => {
    const user = await emails.verify(input.token)
    forget()
    return isRefusal(user) ? toFailure(user) : { __typename: 'VerifyEmailSuccess', user }
  },

  exportMyData: async (_parent, _arguments, { viewer, myData }) => {
    const link = requireAlive(await myData.link(requireSession(viewer)))
    return isRefusal(link) ? toFailure(link) : { __typename: 'ExportMyDataSuccess', ...link }
  },

  deleteMe: async (_parent, { input }, { viewer, deletions, forget }) => {
    const dueAt = requireAlive(await deletions.request(requireSession(viewer), input.password))
    forget()
    return isRefusal(dueAt) ? toFailure(dueAt) : { __typename: 'DeleteMeSuccess', dueAt }
  },

  cancelDeletion: async (_parent, _arguments, { viewer, deletions, forget }) => {
    const user = requireAlive(await deletions.cancel(requireSession(viewer)))
    forget()
    return isRefusal(user) ? toFailure(user) : { __typename: 'CancelDeletionSuccess', user }
  },

  requestEmailChange: async (_parent, { input }, { viewer, emails, clientAddress }) => {
    const caller = requireSession(viewer)
    const wanted = parseInput(emailChangeRequest, input)
    if (isRefusal(wanted)) return toFailure(wanted)
    const user = requireAlive(await emails.requestChange(caller, wanted, clientAddress))
    if (isRefusal(user)) return toFailure(user)
    return { __typename: 'RequestEmailChangeSuccess', message: changeRequested }
  },

  confirmEmailChange: async (_parent, { input }, { emails, forget }) => {
    const user = await emails.confirmChange(input.token)
    forget()
    return isRefusal(user) ? toFailure(user) : { __typename: 'ConfirmEmailChangeSuccess', user }
  },

  undoEmailChange: async (_parent, { input }, { emails, forget }) => {
    const user = await emails.undoChange(input.token)
    forget()
    if (isRefusal(user)) return toFailure(user)
    return { __typename: 'UndoEmailChangeSuccess', message: changeUndone }
  },

  setUserRole: async (_parent, { input: { userId, role, reason: text } }, context) => {
    const { roles, forget } = context
    const staff = requireStaff(context, 'users:manage')
    const reason = parseInput(actReason, text, ['reason'])
    if (reason !== null && typeof reason === 'object') return toFailure(reason)
    if (!isUuid(userId)) return toFailure({ kind: 'userNotFound' })
    const user = requireAlive(await roles.set(userId, role, { staff, reason }))
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

const changeRequested = `An e-mail with a link is on its way to the new address. The link works for ${linkMinutes['email-change']} minutes; until it was used, everything stays as it is.`

const changeUndone =
  'The account has its earlier address again, and everybody is signed out. An e-mail with a link to choose a new password is on its way there.'

const resetRequested = `If this address has an account, an e-mail with a link is on its way. The link works for ${passwordResetMinutes} minutes.`
