import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { EntityManager } from 'typeorm'
import { z } from 'zod'
import { checkSteps } from './amounts.ts'
import { paymentIntentTable, type RefundRow, refundTable } from './database/tables.ts'
import { integer, type Parameters, pageSize, parseParameters } from './form.ts'
import { toRefund } from './objects.ts'
import { lockPaymentIntent, metadata } from './payment-intents.ts'
import { invalidRequest, noSuch } from './stripe-error.ts'

const creation = z.strictObject({
  payment_intent: z.string(),
  amount: integer.pipe(z.int().positive({ error: 'must be at least 1' })).optional(),
  reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
  metadata,
})

/** Refunds a part of a captured payment, or all that is left of it. */
export const createRefund = async (manager: EntityManager, parameters: Parameters) => {
  const { payment_intent: id, amount: asked, metadata } = parseParameters(creation, parameters)
  const intent = await lockPaymentIntent(manager, { id, param: 'payment_intent', status: 400 })
  if (intent.status !== 'succeeded') {
    throw invalidRequest('This PaymentIntent does not have a successful charge to refund.', {
      param: 'payment_intent',
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
    status: 'succeeded',
    metadata,
    createdAt: new Date(),
  }
  await manager.insert(refundTable, row)
  await manager.update(paymentIntentTable, { id }, { amountRefunded: intent.amountRefunded + amount })
  return toRefund(row, intent)
}

const listing = z.strictObject({
  payment_intent: z.string(),
  limit: pageSize,
})

/** The refunds of a payment, newest first. */
export const listRefunds = async (manager: EntityManager, parameters: Parameters) => {
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
