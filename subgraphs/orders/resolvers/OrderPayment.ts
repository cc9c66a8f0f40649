import { isUser } from '@supergraph/runtime/identity.ts'
import type { OrderRow } from '../database/tables.ts'
import type { OrderPaymentResolvers, PaymentStatus } from '../generated/resolvers.ts'
import { toRefund } from './refund.ts'

export const OrderPayment = {
  status: order => statusOf(order),

  method: ({ paymentMethod }) => paymentMethod,

  action: ({ customerId, status, refusal, paymentAction, paymentWaitsUntil: expiresAt }, _, { viewer }) => {
    const isOpen = status === 'PENDING' && refusal === null && isUser(viewer, customerId)
    if (!isOpen || paymentAction === null || expiresAt === null) return null
    return expiresAt.getTime() > Date.now() ? { ...paymentAction, expiresAt } : null
  },

  refunded: ({ refundedMinor, currency }) => ({ amountMinor: refundedMinor, currency }),

  refunds: async ({ id, currency }, _, { loaders }) =>
    (await loaders().refunds.load(id)).map(refund => toRefund(refund, currency)),

  disputes: async ({ id, currency }, _, { loaders }) =>
    (await loaders().disputes.load(id)).map(({ amountMinor, ...dispute }) => ({
      ...dispute,
      amount: { amountMinor, currency },
    })),
} satisfies OrderPaymentResolvers

const statusOf = ({ paymentState, refundedMinor }: OrderRow): PaymentStatus => {
  switch (paymentState) {
    case 'NOT_ASKED':
    case 'ASKED':
      return 'PENDING'
    case 'CAPTURED':
      return refundedMinor === 0 ? 'CAPTURED' : 'PARTIALLY_REFUNDED'
    case 'NOT_REQUIRED':
    case 'REQUIRES_ACTION':
    case 'PROCESSING':
    case 'AUTHORIZED':
    case 'DECLINED':
    case 'VOIDED':
    case 'REFUNDED':
      return paymentState
    default:
      return paymentState satisfies never
  }
}
