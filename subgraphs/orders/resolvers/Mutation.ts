import { requireScope, requireUser } from '@supergraph/runtime/identity.ts'
import { isInvalid, parseArguments, parseInput } from '@supergraph/subgraph/input.ts'
import { actorFor, loadManagedOrder } from '../context.ts'
import type { MutationResolvers } from '../generated/resolvers.ts'
import {
  cancelOrderFailure,
  illegalTransition,
  invalidOrder,
  orderNotFound,
  placeOrderFailure,
  refundDeclined,
  refundOrderFailure,
} from './failures.ts'
import {
  cancelOrderInput,
  deliverOrderInput,
  placeOrderInput,
  refundOrderInput,
  shipOrderInput,
} from './inputs.ts'
import { toRefund } from './refund.ts'

export const Mutation = {
  placeOrder: async (_, args, { viewer, network, deadlineAtMs, commands, forget }) => {
    const customerId = requireUser(viewer)
    const parsed = parseInput(placeOrderInput, args.input)
    if (isInvalid(parsed)) return invalidOrder(parsed)
    const outcome = await commands.place({
      ...parsed,
      customerId,
      network,
      callerDeadlineAtMs: deadlineAtMs,
    })
    forget()
    return outcome.kind === 'placed'
      ? { __typename: 'PlaceOrderSuccess', order: outcome.order }
      : placeOrderFailure(outcome)
  },

  cancelOrder: async (_, args, context) => {
    const { viewer, deadlineAtMs, commands, forget } = context
    const userId = requireUser(viewer)
    const parsed = parseArguments(cancelOrderInput, args.input)
    const order = await loadManagedOrder(context, parsed.orderId)
    if (order === null) return orderNotFound
    const outcome = await commands.cancel({
      ...parsed,
      orderId: order.id,
      actor: actorFor(userId, order),
      callerDeadlineAtMs: deadlineAtMs,
    })
    forget()
    return outcome.kind === 'done'
      ? { __typename: 'CancelOrderSuccess', order: outcome.order }
      : cancelOrderFailure(outcome)
  },

  shipOrder: async (_, args, context) => {
    const { viewer, commands, forget } = context
    const userId = requireScope(viewer, 'orders:manage')
    const parsed = parseInput(shipOrderInput, args.input)
    if (isInvalid(parsed)) return invalidOrder(parsed)
    const { orderId, ...tracking } = parsed
    const order = await loadManagedOrder(context, orderId)
    if (order === null) return orderNotFound
    const outcome = await commands.ship({ orderId: order.id, tracking, actor: { kind: 'STAFF', userId } })
    forget()
    return outcome.kind === 'done'
      ? { __typename: 'ShipOrderSuccess', order: outcome.order }
      : illegalTransition(outcome)
  },

  deliverOrder: async (_, args, context) => {
    const { viewer, commands, forget } = context
    const userId = requireScope(viewer, 'orders:manage')
    const parsed = parseArguments(deliverOrderInput, args.input)
    const order = await loadManagedOrder(context, parsed.orderId)
    if (order === null) return orderNotFound
    const outcome = await commands.deliver({ orderId: order.id, actor: { kind: 'STAFF', userId } })
    forget()
    return outcome.kind === 'done'
      ? { __typename: 'DeliverOrderSuccess', order: outcome.order }
      : illegalTransition(outcome)
  },

  refundOrder: async (_, args, context) => {
    const { viewer, deadlineAtMs, commands, forget } = context
    const userId = requireScope(viewer, 'orders:manage')
    const parsed = parseInput(refundOrderInput, args.input)
    if (isInvalid(parsed)) return invalidOrder(parsed)
    const order = await loadManagedOrder(context, parsed.orderId)
    if (order === null) return orderNotFound
    const outcome = await commands.refund({
      ...parsed,
      orderId: order.id,
      actor: { kind: 'STAFF', userId },
      callerDeadlineAtMs: deadlineAtMs,
    })
    forget()
    if (outcome.kind !== 'granted') return refundOrderFailure(outcome)
    const { refund, order: refunded } = outcome
    return refund.state === 'FAILED'
      ? refundDeclined(refund.failure)
      : { __typename: 'RefundOrderSuccess', order: refunded, refund: toRefund(refund, refunded.currency) }
  },

  retryOrder: async (_, args, context) => {
    const { viewer, commands, forget } = context
    requireScope(viewer, 'orders:manage')
    const order = await loadManagedOrder(context, args.input.orderId)
    if (order === null) return orderNotFound
    const retried = await commands.retry({ orderId: order.id })
    forget()
    return { __typename: 'RetryOrderSuccess', order: retried }
  },
} satisfies MutationResolvers
