import { toMinor } from '@supergraph/money/stripe-units.ts'
import type Stripe from 'stripe'
import type { Dispute } from '../domain/settlement.ts'
import type { StripeClient } from './stripe-client.ts'

/** Every dispute of a payment in this currency. */
export const disputesOf = async (
  client: StripeClient,
  paymentId: string,
  currency: string,
): Promise<readonly Dispute[]> => {
  const { data } = await client.ask((stripe, options) =>
    stripe.disputes.list({ payment_intent: paymentId, limit: 100 }, options),
  )
  return data.map(({ id, amount, status, reason, created, evidence_details: evidence }) => ({
    id,
    status: statusOf(status),
    amountMinor: toMinor(amount, currency),
    reason,
    openedAt: new Date(created * 1_000),
    respondBy: evidence?.due_by ? new Date(evidence.due_by * 1_000) : null,
  }))
}

const statusOf = (status: Stripe.Dispute['status']): Dispute['status'] => {
  switch (status) {
    case 'needs_response':
    case 'warning_needs_response':
      return 'NEEDS_RESPONSE'
    case 'under_review':
    case 'warning_under_review':
      return 'UNDER_REVIEW'
    case 'won':
      return 'WON'
    case 'lost':
      return 'LOST'
    default:
      return 'CLOSED'
  }
}
