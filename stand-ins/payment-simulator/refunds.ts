import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { z } from 'zod'
import { checkSteps } from './amounts.ts'
import { type PaymentIntentRow, paymentIntentTable, type RefundRow, refundTable } from './database/tables.ts'
import { isDisputed } from './disputes.ts'
import { record } from './events.ts'
import { integer, type Parameters, pageSize, parseParameters } from './form.ts'
import { afterwardsMs } from './later-changes.ts'
import { toCharge, toRefund } from './objects.ts'
import { lockPaymentIntent, metadata } from './payment-intents.ts'
import { invalidRequest, noSuch } from './stripe-error.ts'
import { afterwardsOf } from './test-methods.ts'
import { changeLater, type Work } from './work.ts'

const creation = z.strictObject({
  payment_intent: z.string(),
  amount: integer.pipe(z.int().positive({ error: 'must be at least 1' })).optional(),
  reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
  metadata,
})

/** Refunds a part of a captured payment, or all that is left of it. */
export const createRefund = async (work: Work, parameters: Parameters) => {
  const { payment_intent: id, amount: asked, metadata } = parseParameters(creation, parameters)
  const intent = await lockPaymentIntent(work, { id, param: 'payment_intent', status: 400 })
  if (intent.status !== 'succeeded') {
    throw invalidRequest('This PaymentIntent does not have a successful charge to refund.', {
      param: 'payment_intent',
    })
  }
  if (await isDisputed(work, id)) {
    throw invalidRequest(`The charge of ${id} has been charged back, and can't be refunded.`, {
      code: 'charge_disputed',
    })
  }
  const left = intent.amountReceived - intent.amountRefunded
  if (left === 0) {
    throw invalidRequest(`The charge of ${id} has already been refunded.`, {
      code: 'charge_already_refunded',
    })
  }
  const amount = asked ?? left
  if (amount < left) checkSteps(amount, intent.currency)
  if (amount > left) {
    throw invalidRequest(`Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`, {
      code: 'amount_too_large',
      param: 'amount',
    })
  }
  const row: RefundRow = {
    id: `re_${uuidv7().replaceAll('-', '')}`,
    paymentIntentId: id,
    amount,
    status: isPending(work, intent) ? 'pending' : 'succeeded',
    failureReason: null,
    metadata,
    createdAt: new Date(),
  }
  await work.manager.insert(refundTable, row)
  const refunded = { ...intent, amountRefunded: intent.amountRefunded + amount }
  work.changes.payments.set(id, refunded)
  record(work, 'charge.refunded', toCharge(refunded))
  const ending = endingOf(work, intent)
  if (ending !== undefined) {
    const { fails, afterMs } = ending
    changeLater(work, { kind: 'refundEnded', paymentId: id, refundId: row.id, fails }, afterMs)
  }
  return toRefund(row, intent)
}

const isPending = ({ bank }: Work, { paymentMethod }: PaymentIntentRow): boolean =>
  bank?.kind === 'processing' || afterwardsOf(paymentMethod)?.kind === 'refundsArePending'

/** How a refund ends that does not end at once. */
const endingOf = ({ bank }: Work, { paymentMethod }: PaymentIntentRow) => {
  if (bank !== undefined) {
    return { fails: bank.kind === 'failsLater' || bank.fails, afterMs: bank.delayMs }
  }
  const afterwards = afterwardsOf(paymentMethod)
  if (afterwards?.kind !== 'refundsFail' && afterwards?.kind !== 'refundsArePending') return undefined
  return { fails: afterwards.kind === 'refundsFail', afterMs: afterwardsMs }
}

/** Ends a refund: one that is pending succeeds or fails, and one that had succeeded fails. Does nothing else. */
export const endRefund = async (
  work: Work,
  {
    paymentId,
    refundId,
    fails,
  }: { readonly paymentId: string; readonly refundId: string; readonly fails: boolean },
): Promise<void> => {
  const intent = await lockPaymentIntent(work, { id: paymentId, param: 'payment_intent', status: 404 })
  const row = await work.manager.findOneBy(refundTable, { id: refundId })
  if (row === null || row.status === 'failed' || (row.status === 'succeeded' && !fails)) return
  const ended: RefundRow = fails
    ? { ...row, status: 'failed', failureReason: 'expired_or_canceled_card' }
    : { ...row, status: 'succeeded' }
  const { status, failureReason } = ended
  await work.manager.update(refundTable, { id: refundId }, { status, failureReason })
  if (fails) {
    work.changes.payments.set(paymentId, { ...intent, amountRefunded: intent.amountRefunded - row.amount })
    record(work, 'refund.failed', toRefund(ended, intent))
  }
  record(work, 'refund.updated', toRefund(ended, intent))
}

const listing = z.strictObject({
  payment_intent: z.string(),
  limit: pageSize,
})

/** The refunds of a payment, newest first. */
export const listRefunds = async ({ manager }: Work, parameters: Parameters) => {
  const { payment_intent: id, limit } = parseParameters(listing, parameters)
  const intent = await manager.findOneBy(paymentIntentTable, { id })
  if (intent === null) throw noSuch('payment_intent', { id, param: 'payment_intent', status: 400 })
  const rows = await manager
    .createQueryBuilder(refundTable, 'refund')
    .where({ paymentIntentId: id })
    .orderBy('refund.createdAt', 'DESC')
    .limit(limit + 1)
    .getMany()
  return {
    object: 'list',
    data: rows.slice(0, limit).map(row => toRefund(row, intent)),
    has_more: rows.length > limit,
    url: '/v1/refunds',
  }
}
