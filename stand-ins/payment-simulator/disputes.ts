import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { In } from 'typeorm'
import { z } from 'zod'
import { type DisputeRow, disputeTable, paymentIntentTable } from './database/tables.ts'
import { type EventType, record } from './events.ts'
import { type Parameters, pageSize, parseParameters } from './form.ts'
import { toDispute } from './objects.ts'
import { lockPaymentIntent } from './payment-intents.ts'
import { invalidRequest, noSuch } from './stripe-error.ts'
import type { Work } from './work.ts'

const listing = z.strictObject({ payment_intent: z.string(), limit: pageSize })

/** The disputes of a payment, newest first. */
export const listDisputes = async ({ manager }: Work, parameters: Parameters) => {
  const { payment_intent: id, limit } = parseParameters(listing, parameters)
  const intent = await manager.findOneBy(paymentIntentTable, { id })
  if (intent === null) throw noSuch('payment_intent', { id, param: 'payment_intent', status: 400 })
  const rows = await manager
    .createQueryBuilder(disputeTable, 'dispute')
    .where({ paymentIntentId: id })
    .orderBy('dispute.createdAt', 'DESC')
    .limit(limit + 1)
    .getMany()
  return {
    object: 'list',
    data: rows.slice(0, limit).map(row => toDispute(row, intent)),
    has_more: rows.length > limit,
    url: '/v1/disputes',
  }
}

/** One dispute. */
export const retrieveDispute = async ({ manager }: Work, id: string) => {
  const row = await manager.findOneBy(disputeTable, { id })
  const intent = row && (await manager.findOneBy(paymentIntentTable, { id: row.paymentIntentId }))
  if (row === null || intent === null) throw noSuch('dispute', { id, param: 'dispute', status: 404 })
  return toDispute(row, intent)
}

/** Whether a bank has taken the money of a payment back. n.b. not by an inquiry, nor by a dispute that the shop has won */
export const isDisputed = ({ manager }: Work, paymentIntentId: string): Promise<boolean> =>
  manager.existsBy(disputeTable, { paymentIntentId, status: In(['needs_response', 'under_review', 'lost']) })

/** Has the customer dispute what is left of a payment; an inquiry takes no money. Whether there was anything left of it. */
export const openDispute = async (
  work: Work,
  paymentId: string,
  { reason, isInquiry }: { readonly reason: string; readonly isInquiry: boolean },
): Promise<boolean> => {
  const intent = await lockPaymentIntent(work, { id: paymentId, param: 'payment_intent', status: 404 })
  const amount = intent.amountReceived - intent.amountRefunded
  if (amount <= 0 || (await isDisputed(work, paymentId))) return false
  const row: DisputeRow = {
    id: `du_${uuidv7().replaceAll('-', '')}`,
    paymentIntentId: paymentId,
    amount,
    reason,
    status: isInquiry ? 'warning_needs_response' : 'needs_response',
    createdAt: new Date(),
  }
  await work.manager.insert(disputeTable, row)
  record(work, 'charge.dispute.created', toDispute(row, intent))
  return true
}

/** What can become of a dispute: the shop answers it, or the bank decides. */
export type DisputeStep = 'answer' | 'win' | 'lose'

/** Has a dispute go on; throws a StripeError (400) if it is over, or has been answered already. */
export const continueDispute = async (
  work: Work,
  { id, paymentId }: { readonly id: string; readonly paymentId: string },
  step: DisputeStep,
): Promise<void> => {
  const { manager } = work
  const row = await manager.findOne(disputeTable, {
    where: { id, paymentIntentId: paymentId },
    lock: { mode: 'pessimistic_write' },
  })
  const intent = row && (await manager.findOneBy(paymentIntentTable, { id: row.paymentIntentId }))
  if (row === null || intent === null) throw noSuch('dispute', { id, param: 'dispute', status: 400 })
  const status = nextStatus[row.status][step]
  if (status === undefined) {
    throw invalidRequest(`This dispute can't go on so, since it is ${row.status}.`, { param: 'dispute' })
  }
  await manager.update(disputeTable, { id }, { status })
  record(work, toldOf[step], toDispute({ ...row, status }, intent))
}

const toldOf = {
  answer: 'charge.dispute.updated',
  win: 'charge.dispute.closed',
  lose: 'charge.dispute.closed',
} as const satisfies Record<DisputeStep, EventType>

// n.b. an inquiry that the customer does not pursue is closed; it takes no money, so that it can't be lost
const nextStatus: Readonly<
  Record<DisputeRow['status'], { readonly [Step in DisputeStep]?: DisputeRow['status'] }>
> = {
  warning_needs_response: { answer: 'warning_under_review', win: 'warning_closed' },
  warning_under_review: { win: 'warning_closed' },
  warning_closed: {},
  needs_response: { answer: 'under_review', win: 'won', lose: 'lost' },
  under_review: { win: 'won', lose: 'lost' },
  won: {},
  lost: {},
}
