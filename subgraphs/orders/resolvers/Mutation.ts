import { isUser, requireUser } from '@supergraph/runtime/identity.ts'
import { isInvalid, parseArguments, parseInput } from '@supergraph/subgraph/input.ts'
import { requireStaff } from '@supergraph/subgraph/staff.ts'
import { actorFor, hasNeededEmail, loadManagedOrder, loadVisibleOrder } from '../context.ts'
import type { MutationResolvers } from '../generated/resolvers.ts'
import {
  cancelOrderFailure,
  emailNotVerified,
  illegalTransition,
  invalidOrder,
  orderNotFound,
  paymentFailure,
  placeOrderFailure,
  refundDeclined,
  refundOrderFailure,
  tooManyQuestions,
} from './failures.ts'
import {
  cancelOrderInput,
  continuePaymentInput,
  deliverOrderInput,
  placeOrderInput,
  refundOrderInput,
  shipOrderInput,
} from './inputs.ts'
import { toRefund } from './refund.ts'

export const Mutation = {
  placeOrder: async (_, args, context) => {
    const { viewer, network, deadlineAtMs, commands, forget } = context
    const customerId = requireUser(viewer)
    if (!hasNeededEmail(context)) return emailNotVerified
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

  continuePayment: async (_, args, context) => {
    const { viewer, deadlineAtMs, commands, forget } = context
    requireUser(viewer)
    const parsed = parseArguments(continuePaymentInput, args.input)
    const order = await loadVisibleOrder(context, parsed.orderId)
    if (order === null || !isUser(viewer, order.customerId)) return orderNotFound
    const { id: orderId, customerId } = order
    const outcome = await commands.continuePayment({
      orderId,
      customerId,
      callerDeadlineAtMs: deadlineAtMs,
    })
    forget()
    if (outcome.kind === 'tooMany') return tooManyQuestions(outcome.waitMs)
    return paymentFailure(outcome.order) ?? { __typename: 'ContinuePaymentSuccess', order: outcome.order }
  },

  cancelOrder: async (_, args, context) => {
    const { viewer, deadlineAtMs, commands, forget } = context
    const userId = requireUser(viewer)
    const parsed = parseArguments(cancelOrderInput, args.input)
    const order = await loadManagedOrder(context, parsed.orderId)
    if (order === null) return orderNotFound
    const actor = actorFor(userId, order)
    const outcome = await commands.cancel({
      ...parsed,
      orderId: order.id,
      actor,
      ...(actor.kind === 'STAFF' && {
        staff: { ...requireStaff(context, 'orders:manage'), act: 'cancelOrder', reason: parsed.reason },
      }),
      callerDeadlineAtMs: deadlineAtMs,
    })
    forget()
    return outcome.kind === 'done'
      ? { __typename: 'CancelOrderSuccess', order: outcome.order }
      : cancelOrderFailure(outcome)
  },

  shipOrder: async (_, args, context) => {
    const { commands, forget } = context
    const staff = requireStaff(context, 'orders:manage')
    const parsed = parseInput(shipOrderInput, args.input)
    if (isInvalid(parsed)) return invalidOrder(parsed)
    const { orderId, ...tracking } = parsed
    const order = await loadManagedOrder(context, orderId)
    if (order === null) return orderNotFound
    const outcome = await commands.ship({
      orderId: order.id,
      tracking,
      actor: { kind: 'STAFF', userId: staff.actorId },
      staff: { ...staff, act: 'shipOrder', reason: null },
    })
    forget()
    return outcome.kind === 'done'
      ? { __typename: 'ShipOrderSuccess', order: outcome.order }
      : illegalTransition(outcome)
  },

  deliverOrder: async (_, args, context) => {
    const { commands, forget } = context
    const staff = requireStaff(context, 'orders:manage')
    const parsed = parseArguments(deliverOrderInput, args.input)
    const order = await loadManagedOrder(context, parsed.orderId)
    if (order === null) return orderNotFound
    const outcome = await commands.deliver({
      orderId: order.id,
      actor: { kind: 'STAFF', userId: staff.actorId },
      staff: { ...staff, act: 'deliverOrder', reason: null },
    })
    forget()
    return outcome.kind === 'done'
      ? { __typename: 'DeliverOrderSuccess', order: outcome.order }
      : illegalTransition(outcome)
  },

  refundOrder: async (_, args, context) => {
    const { deadlineAtMs, commands, forget } = context
    const staff = requireStaff(context, 'orders:manage')
    const parsed = parseInput(refundOrderInput, args.input)
    if (isInvalid(parsed)) return invalidOrder(parsed)
    const order = await loadManagedOrder(context, parsed.orderId)
    if (order === null) return orderNotFound
    const outcome = await commands.refund({
      ...parsed,
      orderId: order.id,
      actor: { kind: 'STAFF', userId: staff.actorId },
      staff: { ...staff, act: 'refundOrder', reason: parsed.reason },
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
    const { commands, forget } = context
    const staff = requireStaff(context, 'orders:manage')
    const order = await loadManagedOrder(context, args.input.orderId)
    if (order === null) return orderNotFound
    const retried = await commands.retry({
      orderId: order.id,
      staff: { ...staff, act: 'retryOrder', reason: null },
    })
    forget()
    return { __typename: 'RetryOrderSuccess', order: retried }
  },
} satisfies MutationResolvers
