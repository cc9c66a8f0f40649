import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { EntityManager } from 'typeorm'
import { type Order, type Refund, system } from '../domain/order.ts'
import { type RefundRow, refundLineTable, refundTable } from './tables.ts'

/** Whether a transition requests or ends a refund, or has returned money. */
export const touchesRefunds = (before: Order, after: Order): boolean =>
  before.pendingRefund?.id !== after.pendingRefund?.id ||
  before.payment.refundedMinor !== after.payment.refundedMinor

/**
 * Writes how a transition changes the order's refunds, so that the refunds that SUCCEEDED add up to what was returned;
 * `failure` is the payment provider's code of a refund that failed.
 */
export const writeRefunds = async (
  manager: EntityManager,
  before: Order,
  after: Order,
  { failure, now }: { readonly failure: string | null; readonly now: Date },
): Promise<void> => {
  const returnedMinor = after.payment.refundedMinor - before.payment.refundedMinor
  if (before.pendingRefund === null && after.pendingRefund !== null) {
    await insertRefund(manager, after.id, after.pendingRefund, { state: 'PENDING', requestedAt: now })
  } else if (before.pendingRefund !== null && after.pendingRefund === null) {
    const state = returnedMinor > 0 ? 'SUCCEEDED' : 'FAILED'
    await manager.update(refundTable, { id: before.pendingRefund.id }, { state, failure })
  } else if (returnedMinor > 0) {
    const returned = { id: uuidv7(), amountMinor: returnedMinor, lines: [], reason: null, actor: system }
    await insertRefund(manager, after.id, returned, { state: 'SUCCEEDED', requestedAt: now })
  }
}

/** Inserts a refund of an order with its lines. */
export const insertRefund = async (
  manager: EntityManager,
  orderId: string,
  { id, amountMinor, lines, reason, actor }: Refund,
  state: Pick<RefundRow, 'state' | 'requestedAt'> & Partial<Pick<RefundRow, 'providerId'>>,
): Promise<void> => {
  const { kind: actorKind, userId: actorId } = actor
  await manager.insert(refundTable, { id, orderId, amountMinor, reason, actorKind, actorId, ...state })
  if (lines.length === 0) return
  await manager.insert(
    refundLineTable,
    lines.map(({ productId, quantity }) => ({ refundId: id, productId, quantity })),
  )
}
