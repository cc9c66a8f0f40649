import { toUnits } from '@supergraph/money/stripe-units.ts'
import type Stripe from 'stripe'
import { OutcomeUnknown } from '../remote-calls.ts'
import type { PartialRefund, RefundResult, UnwantedCharge } from './payments.ts'
import { isStripeRefusal, lookUp, onceAsked, type StripeClient } from './stripe-client.ts'

/** Refunds the amount that the refund names. */
export const refundPart = async (
  client: StripeClient,
  { refundId, orderId, paymentId, amount, total }: PartialRefund,
): Promise<RefundResult> => {
  const metadata = { order_id: orderId, refund_id: refundId }
  const find = () => findRefund(client, paymentId, refundId)
  try {
    const units = await unitsOf(client, paymentId, { amount, total })
    const refund = await client.ask((stripe, options) =>
      stripe.refunds.create(
        { payment_intent: paymentId, amount: units, metadata },
        { ...options, idempotencyKey: `refund:${refundId}` },
      ),
    )
    return toRefundResult(refund)
  } catch (error) {
    if (!isStripeRefusal(error)) return toRefundResult(await lookUp(error, find))
    // n.b. Stripe may refuse a refund because it was made long ago, under a key that Stripe has forgotten
    const made = await find().catch(onceAsked)
    if (made !== undefined) return toRefundResult(made)
    return { kind: 'failed', reason: error.code || error.rawType || 'refused' }
  }
}

/** n.b. earlier releases charged ISK, MGA and UGX as ISO 4217 counts them: the charge tells how the order was counted. */
const unitsOf = async (
  client: StripeClient,
  paymentId: string,
  { amount, total }: Pick<PartialRefund, 'amount' | 'total'>,
): Promise<number> => {
  const units = toUnits(amount)
  if (units === amount.amountMinor) return units
  const charged = await client.ask((stripe, options) =>
    stripe.paymentIntents.retrieve(paymentId, {}, options),
  )
  return charged.amount === total.amountMinor ? amount.amountMinor : units
}

/** Refunds what is left of a charge that must not stay. */
export const refundRest = async (
  client: StripeClient,
  { orderId, paymentId, amount, refundedMinor }: UnwantedCharge & { readonly paymentId: string },
  { latest_charge: charge }: Stripe.PaymentIntent,
): Promise<'refunded'> => {
  const left =
    typeof charge === 'object' && charge !== null
      ? charge.amount_captured - charge.amount_refunded
      : toUnits({ ...amount, amountMinor: amount.amountMinor - refundedMinor })
  if (left <= 0) return 'refunded'
  try {
    const refund = await client.ask((stripe, options) =>
      stripe.refunds.create(
        { payment_intent: paymentId, amount: left, metadata: { order_id: orderId } },
        // n.b. without an idempotency key: Stripe refunds no more than what is left
        options,
      ),
    )
    const outcome = toRefundResult(refund)
    if (outcome.kind === 'refunded') return 'refunded'
    throw new OutcomeUnknown(
      `Payment ${paymentId} is still charged (${outcome.reason}): refund it at Stripe.`,
    )
  } catch (error) {
    if (isStripeRefusal(error) && error.code === 'charge_already_refunded') return 'refunded'
    throw error
  }
}

const findRefund = async (
  client: StripeClient,
  paymentId: string,
  refundId: string,
): Promise<Stripe.Refund | undefined> => {
  const { data } = await client.ask((stripe, options) =>
    stripe.refunds.list({ payment_intent: paymentId, limit: 100 }, options),
  )
  return data.find(refund => refund.metadata?.refund_id === refundId)
}

const toRefundResult = ({ id, status, failure_reason: failure }: Stripe.Refund): RefundResult => {
  switch (status) {
    case 'succeeded':
    case 'pending':
      return { kind: 'refunded' }
    case 'failed':
    case 'canceled':
      return { kind: 'failed', reason: failure ?? status }
    default:
      throw new OutcomeUnknown(`Refund ${id} is ${status} at Stripe.`)
  }
}
