import { toMinor, toUnits } from '@supergraph/money/stripe-units.ts'
import type Stripe from 'stripe'
import type { ProviderRefund } from '../domain/settlement.ts'
import { CallRefused, OutcomeUnknown } from '../remote-calls.ts'
import type { PartialRefund, RefundResult, UnwantedCharge } from './payments.ts'
import { isStripeRefusal, lookUp, onceAsked, type StripeClient } from './stripe-client.ts'
import { disputesOf } from './stripe-disputes.ts'

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
    // n.b. the same key brings the refund as it was at first
    return toRefundResult(refund.status === 'pending' ? ((await find()) ?? refund) : refund)
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

/** Refunds what is left of a charge that must not stay; throws CallRefused if it stays. */
export const refundRest = async (
  client: StripeClient,
  { orderId, paymentId, amount, refundedMinor }: UnwantedCharge & { readonly paymentId: string },
  { latest_charge: charge }: Stripe.PaymentIntent,
): Promise<void> => {
  const left =
    typeof charge === 'object' && charge !== null
      ? charge.amount_captured - charge.amount_refunded
      : toUnits({ ...amount, amountMinor: amount.amountMinor - refundedMinor })
  if (left <= 0) return
  const outcome = await client
    .ask((stripe, options) =>
      stripe.refunds.create(
        { payment_intent: paymentId, amount: left, metadata: { order_id: orderId } },
        // n.b. without an idempotency key: Stripe refunds no more than what is left
        options,
      ),
    )
    .then(toRefundResult, async (error: unknown): Promise<RefundResult> => {
      if (!isStripeRefusal(error)) throw error
      const isReturned =
        error.code === 'charge_already_refunded' ||
        (error.code === 'charge_disputed' && (await hasLostDispute(client, paymentId, amount.currency)))
      return isReturned
        ? { kind: 'refunded' }
        : { kind: 'failed', reason: error.code ?? error.rawType ?? 'refused' }
    })
  // n.b. as long as a payment is disputed, it can't be refunded
  if (outcome.kind === 'failed')
    throw new CallRefused(`Payment ${paymentId} is still charged (${outcome.reason}): look at it at Stripe.`)
}

/** Whether the customer has the money of a payment from the bank. */
const hasLostDispute = async (client: StripeClient, paymentId: string, currency: string): Promise<boolean> =>
  (await disputesOf(client, paymentId, currency).catch(onceAsked)).some(({ status }) => status === 'LOST')

/** Every refund of a payment, oldest first. */
export const refundsOf = async (
  client: StripeClient,
  paymentId: string,
  currency: string,
): Promise<readonly ProviderRefund[]> => {
  const { data } = await client.ask((stripe, options) =>
    stripe.refunds.list({ payment_intent: paymentId, limit: 100 }, options),
  )
  return data
    .map(({ id, amount, status, metadata, failure_reason: failure = null }) => ({
      id,
      refundId: metadata?.refund_id ?? null,
      isOurs: metadata?.order_id !== undefined,
      amountMinor: toMinor(amount, currency),
      state: stateOf(status),
      failure: failure ?? status,
    }))
    .toReversed()
}

const stateOf = (status: string | null): ProviderRefund['state'] => {
  if (status === 'succeeded') return 'SUCCEEDED'
  return status === 'failed' || status === 'canceled' ? 'FAILED' : 'PENDING'
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
      return { kind: 'refunded' }
    case 'pending':
      return { kind: 'undecided' }
    case 'failed':
    case 'canceled':
      return { kind: 'failed', reason: failure ?? status }
    default:
      throw new OutcomeUnknown(`Refund ${id} is ${status} at Stripe.`)
  }
}
