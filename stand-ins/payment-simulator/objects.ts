import type { DisputeRow, PaymentIntentRow, RefundRow } from './database/tables.ts'
import { type Failure, notAuthenticated } from './test-methods.ts'

/**
 * A payment as Stripe shows it; `latest_charge` is an id, or the whole charge if `expand` names it. `origin` is that of the
 * pages of the simulator.
 */
export const toPaymentIntent = (
  row: PaymentIntentRow,
  { origin, expand = [] }: { readonly origin: string; readonly expand?: readonly string[] },
) => ({
  id: row.id,
  object: 'payment_intent',
  amount: row.amount,
  amount_capturable: row.status === 'requires_capture' ? row.amount : 0,
  amount_received: row.amountReceived,
  canceled_at: row.canceledAt === null ? null : seconds(row.canceledAt),
  cancellation_reason: null,
  capture_method: 'manual',
  client_secret: row.clientSecret,
  confirmation_method: 'automatic',
  created: seconds(row.createdAt),
  currency: row.currency,
  last_payment_error: row.failure === null ? null : toCardError(row, row.failure),
  latest_charge: hasCharge(row)
    ? expand.includes('latest_charge')
      ? toCharge(row)
      : chargeId(row.id)
    : null,
  livemode: false,
  metadata: row.metadata,
  next_action: row.status === 'requires_action' ? toNextAction(row, origin) : null,
  payment_method: row.status === 'requires_payment_method' ? null : row.paymentMethod,
  payment_method_types: ['card'],
  status: row.status,
})

/** A refund as Stripe shows it. */
export const toRefund = (row: RefundRow, { currency }: PaymentIntentRow) => ({
  id: row.id,
  object: 'refund',
  amount: row.amount,
  charge: chargeId(row.paymentIntentId),
  created: seconds(row.createdAt),
  currency,
  metadata: row.metadata,
  payment_intent: row.paymentIntentId,
  reason: null,
  status: row.status,
  ...(row.failureReason === null ? {} : { failure_reason: row.failureReason }),
})

const answerWithinDays = 7

/** A dispute as Stripe shows it. */
export const toDispute = (row: DisputeRow, { currency }: PaymentIntentRow) => ({
  id: row.id,
  object: 'dispute',
  amount: row.amount,
  charge: chargeId(row.paymentIntentId),
  created: seconds(row.createdAt),
  currency,
  evidence_details: {
    due_by: seconds(row.createdAt) + answerWithinDays * 86_400,
    has_evidence: false,
    past_due: false,
    submission_count: row.status.endsWith('under_review') ? 1 : 0,
  },
  is_charge_refundable: row.status.startsWith('warning_'),
  livemode: false,
  metadata: {},
  payment_intent: row.paymentIntentId,
  reason: row.reason,
  status: row.status,
})

/** Stripe's error for a declined card. */
export const toCardError = (row: PaymentIntentRow, { code, declineCode, message }: Failure) => ({
  ...(hasCharge(row) ? { charge: chargeId(row.id) } : {}),
  code,
  ...(declineCode === null ? {} : { decline_code: declineCode }),
  message,
  type: 'card_error',
})

const toNextAction = (row: PaymentIntentRow, origin: string) => {
  const url = authenticationUrl(row, origin)
  return row.returnUrl === null
    ? { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect', stripe_js: url } }
    : { type: 'redirect_to_url', redirect_to_url: { return_url: row.returnUrl, url } }
}

/** Where the customer of a payment approves or declines it. */
export const authenticationUrl = ({ id, clientSecret }: PaymentIntentRow, origin: string): string =>
  `${origin}/simulator/authenticate/${id}?client_secret=${clientSecret}`

// n.b. the bank sees a payment that waits for its customer, or was never approved by that customer, as no charge
const hasCharge = ({ status, failure }: PaymentIntentRow): boolean =>
  status !== 'requires_action' && failure?.code !== notAuthenticated.code

/** The charge of a payment as Stripe shows it. */
export const toCharge = (row: PaymentIntentRow) => ({
  id: chargeId(row.id),
  object: 'charge',
  amount: row.amount,
  amount_captured: row.amountReceived,
  amount_refunded: row.amountRefunded,
  captured: row.status === 'succeeded',
  created: seconds(row.createdAt),
  currency: row.currency,
  failure_code: row.failure?.code ?? null,
  metadata: row.metadata,
  paid: row.failure === null,
  payment_intent: row.id,
  payment_method: row.paymentMethod,
  refunded: row.amountReceived > 0 && row.amountRefunded === row.amountReceived,
  status: row.failure === null ? 'succeeded' : 'failed',
})

// n.b. a payment has one charge here, so the id of the charge is derived from the id of the payment
const chargeId = (paymentIntentId: string): string => paymentIntentId.replace(/^pi_/, 'ch_')

const seconds = (date: Date): number => Math.floor(date.getTime() / 1_000)
