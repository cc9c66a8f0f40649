import { badUserInput } from '@supergraph/runtime/errors.ts'
import { requireScope, requireUser } from '@supergraph/runtime/identity.ts'
import { actorFor, loadManagedOrder } from '../context.ts'
import { parseCancelInput, parseRefundInput, parseShipInput } from '../domain/change-input.ts'
import type { MutationResolvers } from '../generated/resolvers.ts'
import { illegalTransition, invalidOrder, keyReused, orderNotFound } from './failures.ts'
import { toPlaceOrderResult } from './place-order-result.ts'
import { toRefundOrderResult } from './refund-order-result.ts'

export const Mutation = {
  placeOrder: async (_, { input }, { viewer, deadlineAtMs, checkout, forgetLoaded }) => {
    const outcome = await checkout.place(requireUser(viewer), input, deadlineAtMs)
    forgetLoaded()
    return toPlaceOrderResult(outcome)
  },

  cancelOrder: async (_, args, context) => {
    const { viewer, deadlineAtMs, commands, forgetLoaded } = context
    const userId = requireUser(viewer)
    const parsed = parseCancelInput(args.input)
    if (parsed.kind === 'invalid') throw badUserInput(parsed.message)
    const order = await loadManagedOrder(context, parsed.input.orderId)
    if (order === null) return orderNotFound
    const outcome = await commands.cancel(order, parsed.input, {
      actor: actorFor(userId, order),
      deadlineAtMs,
    })
    forgetLoaded()
    switch (outcome.kind) {
      case 'changed':
        return { __typename: 'CancelOrderSuccess', order: outcome.order }
      case 'illegal':
        return illegalTransition(outcome)
      case 'keyReused':
        return keyReused
      default:
        return outcome satisfies never
    }
  },

  shipOrder: async (_, args, context) => {
    const { viewer, commands, forgetLoaded } = context
    const userId = requireScope(viewer, 'orders:manage')
    const parsed = parseShipInput(args.input)
    if (parsed.kind === 'invalid') return invalidOrder(parsed)
    const order = await loadManagedOrder(context, parsed.input.orderId)
    if (order === null) return orderNotFound
    const outcome = await commands.ship(order, parsed.input, { kind: 'STAFF', userId })
    forgetLoaded()
    return outcome.kind === 'illegal'
      ? illegalTransition(outcome)
      : { __typename: 'ShipOrderSuccess', order: outcome.order }
  },

  deliverOrder: async (_, { input }, context) => {
    const { viewer, commands, forgetLoaded } = context
    const userId = requireScope(viewer, 'orders:manage')
    const order = await loadManagedOrder(context, input.orderId)
    if (order === null) return orderNotFound
    const outcome = await commands.deliver(order, { kind: 'STAFF', userId })
    forgetLoaded()
    return outcome.kind === 'illegal'
      ? illegalTransition(outcome)
      : { __typename: 'DeliverOrderSuccess', order: outcome.order }
  },

  refundOrder: async (_, args, context) => {
    const { viewer, deadlineAtMs, commands, forgetLoaded } = context
    const userId = requireScope(viewer, 'orders:manage')
    const parsed = parseRefundInput(args.input)
    if (parsed.kind === 'invalid') return invalidOrder(parsed)
    const order = await loadManagedOrder(context, parsed.input.orderId)
    if (order === null) return orderNotFound
    const actor = { kind: 'STAFF', userId } as const
    const outcome = await commands.refund(order, parsed.input, { actor, deadlineAtMs })
    forgetLoaded()
    return toRefundOrderResult(outcome)
  },
} satisfies MutationResolvers
