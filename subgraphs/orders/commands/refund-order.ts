import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { isSameRequest } from '../database/idempotency-keys.ts'
import type { StaffCommand } from '../database/staff-acts.ts'
import type { OrderRow, RefundRow } from '../database/tables.ts'
import { hashRefundOrder } from '../domain/input-hash.ts'
import type { Changed, Money, Person } from '../domain/order.ts'
import { type RefundRefusal, requestRefund, type Units } from '../domain/refund.ts'
import type { Uneven } from '../domain/unpayable.ts'
import type { Services } from './services.ts'
import { outcomeBy, outcomeDeadline, readUntil } from './waiting.ts'

/** What is refunded of an order; `items` may name a product twice, and are null for all that is left. */
type RefundOrderRequest = {
  readonly orderId: string
  readonly items: readonly Units[] | null
  readonly reason: string | null
  readonly idempotencyKey: string
  readonly actor: Person
  readonly staff?: StaffCommand | undefined
  readonly callerDeadlineAtMs: number
}

/** How a request for a refund ended; a refund that the payment provider refused is FAILED. */
export type RefundOrderOutcome =
  | { readonly kind: 'granted'; readonly order: OrderRow; readonly refund: RefundRow }
  | RefundRefusal
  | Unrefundable
  | { readonly kind: 'keyReused' }

/** The payment provider can't return the amount. */
type Unrefundable = { readonly kind: 'unrefundable'; readonly amount: Money; readonly why: Uneven }

/** Creates the command that grants a refund and asks the payment provider for it; PENDING if no answer comes in time. */
export const createRefundOrder = ({ store, reads, driver, payments, clock }: Services) => {
  const readOutcome = async (
    orderId: string,
    refundId: string,
    deadlineAtMs: number,
  ): Promise<RefundOrderOutcome> => {
    const refund = await readUntil(
      deadlineAtMs,
      () => reads.refund(refundId),
      ({ state }) => state !== 'PENDING',
    )
    return { kind: 'granted', order: await reads.order(orderId), refund }
  }

  const unrefundable = (granted: Changed | RefundRefusal): Unrefundable | undefined => {
    if (granted.kind !== 'changed' || granted.order.pendingRefund === null) return undefined
    const { pendingRefund, total } = granted.order
    const amount = { amountMinor: pendingRefund.amountMinor, currency: total.currency }
    const why = payments.whyUnrefundable(amount)
    return why && { kind: 'unrefundable', amount, why }
  }

  return async (request: RefundOrderRequest): Promise<RefundOrderOutcome> => {
    const { orderId, items, reason, idempotencyKey, actor, staff, callerDeadlineAtMs } = request
    const now = clock.now()
    const deadlineAtMs = outcomeDeadline(callerDeadlineAtMs)
    const refundId = uuidv7(now.getTime())
    const keyed = { operation: 'refundOrder', inputHash: hashRefundOrder(request) } as const
    const key = { userId: actor.userId, key: idempotencyKey, ...keyed, answer: { refundId } }
    const result = await store.update(
      orderId,
      (order, { lines, refunded }) => {
        const granted = requestRefund(order, lines, refunded, { id: refundId, items, reason, actor })
        return unrefundable(granted) ?? granted
      },
      { key, now, staff },
    )
    switch (result.kind) {
      case 'saved':
        if (result.due !== null) await outcomeBy(deadlineAtMs, driver.drive(result.due))
        return readOutcome(orderId, refundId, deadlineAtMs)
      case 'replayed': {
        const { known } = result
        return isSameRequest(known, keyed) && known.answer !== null
          ? readOutcome(orderId, known.answer.refundId, deadlineAtMs)
          : { kind: 'keyReused' }
      }
      default:
        return result
    }
  }
}
