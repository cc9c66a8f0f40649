import { badUserInput } from '@supergraph/runtime/errors.ts'
import { requireUser } from '@supergraph/runtime/identity.ts'
import { loadVisibleOrder, managesOrdersOf } from '../context.ts'
import type { MutationResolvers } from '../generated/resolvers.ts'
import { toPlaceOrderResult } from './place-order-result.ts'

const maxReasonLength = 500

export const Mutation = {
  placeOrder: async (_, { input }, { viewer, checkout, forgetLoaded }) => {
    const outcome = await checkout.place(requireUser(viewer), input)
    forgetLoaded()
    return toPlaceOrderResult(outcome)
  },

  cancelOrder: async (_, { input }, context) => {
    requireUser(context.viewer)
    const reason = toReason(input.reason)
    const order = await loadVisibleOrder(context, input.orderId)
    if (order === null || !managesOrdersOf(context.viewer, order.customerId)) {
      return { __typename: 'OrderNotFound', message: 'There is no such order.' }
    }
    const outcome = await context.checkout.cancel(order.id, reason)
    context.forgetLoaded()
    switch (outcome.kind) {
      case 'cancelled':
        return { __typename: 'CancelOrderSuccess', order: outcome.order }
      case 'illegal': {
        const { from, to } = outcome
        const message = `The order is ${from} and can't be cancelled any more.`
        return { __typename: 'IllegalOrderTransition', message, from, to }
      }
      default:
        return outcome satisfies never
    }
  },
} satisfies MutationResolvers

const toReason = (text: string | null | undefined): string | null => {
  const reason = text?.trim() ?? ''
  if (reason.length > maxReasonLength)
    throw badUserInput(`"reason" must be a text of at most ${maxReasonLength} characters.`)
  // n.b. PostgreSQL stores neither
  if (reason.includes('\0')) throw badUserInput('"reason" must not hold the character U+0000.')
  if (!reason.isWellFormed()) throw badUserInput('"reason" must not hold half a surrogate pair.')
  return reason === '' ? null : reason
}
