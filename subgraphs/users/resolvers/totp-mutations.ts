import { isUuid } from '@supergraph/runtime/uuid.ts'
import { parseInput } from '@supergraph/subgraph/input.ts'
import { requireStaff } from '@supergraph/subgraph/staff.ts'
import type { Context } from '../context.ts'
import { actReason } from '../domain/audit-filter.ts'
import { isRefusal } from '../domain/refusals.ts'
import { originOf } from '../domain/session.ts'
import type { MutationResolvers } from '../generated/resolvers.ts'
import type { Caller } from '../two-factor/two-factor.ts'
import { requireAlive, requireSession, toSession } from './callers.ts'
import { toFailure } from './failures.ts'

/** The second factor: what switches it on and off, and what signs in with it. */
export const totpMutations = {
  completeLogin: async (_parent, { input }, context) => {
    const origin = { ...originOf(context), clientAddress: context.clientAddress ?? null }
    const signedIn = await context.completeLogin(input, origin)
    return isRefusal(signedIn) ? toFailure(signedIn) : toSession(context, signedIn)
  },

  enableTotp: async (_parent, { input }, context) => {
    const secret = requireAlive(await context.twoFactor.enable(callerOf(context), input.password))
    return isRefusal(secret) ? toFailure(secret) : { __typename: 'EnableTotpSuccess', ...secret }
  },

  confirmTotp: async (_parent, { input }, context) => {
    const confirmed = requireAlive(await context.twoFactor.confirm(callerOf(context), input.code))
    context.forget()
    return isRefusal(confirmed) ? toFailure(confirmed) : { __typename: 'ConfirmTotpSuccess', ...confirmed }
  },

  disableTotp: async (_parent, { input }, context) => {
    const user = requireAlive(await context.twoFactor.disable(callerOf(context), input))
    context.forget()
    return isRefusal(user) ? toFailure(user) : { __typename: 'DisableTotpSuccess', user }
  },

  renewRecoveryCodes: async (_parent, { input }, context) => {
    const renewed = requireAlive(await context.twoFactor.renewRecoveryCodes(callerOf(context), input))
    if (isRefusal(renewed)) return toFailure(renewed)
    return { __typename: 'RenewRecoveryCodesSuccess', recoveryCodes: renewed.recoveryCodes }
  },

  removeTotp: async (_parent, { input: { userId, reason: text } }, context) => {
    const staff = requireStaff(context, 'users:manage')
    const reason = parseInput(actReason, text, ['reason'])
    if (reason !== null && typeof reason === 'object') return toFailure(reason)
    if (!isUuid(userId)) return toFailure({ kind: 'userNotFound' })
    const user = requireAlive(await context.twoFactor.remove(userId, { staff, reason }))
    context.forget()
    return isRefusal(user) ? toFailure(user) : { __typename: 'RemoveTotpSuccess', user }
  },
} satisfies MutationResolvers

const callerOf = ({ viewer, clientAddress }: Context): Caller => ({
  ...requireSession(viewer),
  clientAddress: clientAddress ?? null,
})
