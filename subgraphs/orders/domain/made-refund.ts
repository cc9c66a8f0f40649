import type { Elsewhere, MadeRefund, ToldChange } from './elsewhere.ts'
import { applyResult } from './next-step.ts'
import { type Order, type Refund, system, type Transition } from './order.ts'
import { madeAtProvider } from './settlement.ts'

/** A refund that an order has caught up with. */
export type TakenRefund = Refund & Pick<MadeRefund, 'providerId'>

/** Whether an order has not caught up with a refund yet. */
export const isNew = (taken: readonly TakenRefund[], { id }: MadeRefund): boolean =>
  !taken.some(known => known.id === id)

/** The refund that others were told of; undefined if it may be one of several. */
export const findMade = (
  order: Order,
  taken: readonly TakenRefund[],
  { refundedMinor }: ToldChange,
  { refunds }: Elsewhere,
): MadeRefund | undefined => {
  const candidates = refunds.filter(
    made => isNew(taken, made) && (refundedMinor === null || amountOf(order, made) === refundedMinor),
  )
  const [first] = candidates
  const pending = candidates.find(({ id }) => id === order.pendingRefund?.id)
  return pending ?? (candidates.every(made => made.amountMinor === first?.amountMinor) ? first : undefined)
}

/** n.b. in the provider's console, more may have been returned than the order cost. */
const amountOf = ({ total, payment }: Order, { amountMinor, providerId }: MadeRefund): number =>
  providerId === null ? amountMinor : Math.min(amountMinor, total.amountMinor - payment.refundedMinor)

/** The order after a refund that was made; undefined if it can't have been the order's, or while another one is under way. */
export const takeRefund = (
  order: Order,
  made: MadeRefund,
  reason: string | null,
  at: Date,
): Transition | undefined => {
  const { payment, total, pendingRefund } = order
  const { id, providerId } = made
  const amountMinor = amountOf(order, made)
  const succeeded = { step: 'REFUND', kind: 'refunded' } as const
  if (pendingRefund !== null) {
    const isSame = pendingRefund.id === id && pendingRefund.amountMinor === amountMinor
    return isSame ? applyResult(order, succeeded, at) : undefined
  }
  const isLeft = amountMinor > 0 && amountMinor <= total.amountMinor - payment.refundedMinor
  // n.b. a refund of the order's may have been granted before the order was called off
  if (payment.state !== 'CAPTURED' || !isLeft || (order.status === 'CANCELLED' && providerId !== null)) return
  const note = providerId === null ? reason : (reason ?? madeAtProvider)
  const granted: Refund = { id, amountMinor, lines: [], reason: note, actor: system }
  return applyResult({ ...order, pendingRefund: granted }, succeeded, at)
}
