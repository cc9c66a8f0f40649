import type { PaymentIntentRow, RefundRow } from './database/tables.ts'
import type { Decline } from './test-methods.ts'

/** A payment as Stripe shows it; `latest_charge` is an id, or the whole charge if `expand` names it. */
export const toPaymentIntent = (
  row: PaymentIntentRow,
  { decline, expand = [] }: { readonly decline?: Decline; readonly expand?: readonly string[] } = {},
) => ({
  id: row.id,
  object: 'payment_intent',
  amount: row.amount,
  amount_capturable: row.status === 'requires_capture' ? row.amount : 0,
  amount_received: row.amountReceived,
  canceled_at: row.canceledAt === null ? null : seconds(row.canceledAt),
  cancellation_reason: null,
  capture_method: 'manual',
  confirmation_method: 'automatic',
  created: seconds(row.createdAt),
  currency: row.currency,
  last_payment_error: decline === undefined ? null : toCardError(row, decline),
  latest_charge: expand.includes('latest_charge') ? toCharge(row, decline) : chargeId(row.id),
  livemode: false,
  metadata: row.metadata,
  next_action: null,
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
})

/** Stripe's error for a declined card. */
export const toCardError = ({ id }: PaymentIntentRow, { code, declineCode, message }: Decline) => ({
  charge: chargeId(id),
  code,
  ...(declineCode === null ? {} : { decline_code: declineCode }),
  message,
  type: 'card_error',
})

const toCharge = (row: PaymentIntentRow, decline: Decline | undefined) => ({
  id: chargeId(row.id),
  object: 'charge',
  amount: row.amount,
  amount_captured: row.amountReceived,
  amount_refunded: row.amountRefunded,
  captured: row.status === 'succeeded',
  created: seconds(row.createdAt),
  currency: row.currency,
  failure_code: decline?.code ?? null,
  metadata: row.metadata,
  paid: decline === undefined,
  payment_intent: row.id,
  payment_method: row.paymentMethod,
  refunded: row.amountReceived > 0 && row.amountRefunded === row.amountReceived,
  status: decline === undefined ? 'succeeded' : 'failed',
})

// n.b. a payment has one charge here, so the id of the charge is derived from the id of the payment
const chargeId = (paymentIntentId: string): string => paymentIntentId.replace(/^pi_/, 'ch_')

const seconds = (date: Date): number => Math.floor(date.getTime() / 1_000)
