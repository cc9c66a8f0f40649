import { nextStep } from '../domain/next-step.ts'
import type { Order, Refund } from '../domain/order.ts'
import type { OrderRow } from './tables.ts'

/** The order that a row and its pending refund hold. */
export const toOrder = (row: OrderRow, pendingRefund: Refund | null): Order => {
  const { status, refusal, currency, totalMinor, shipping: _, step: __, ...columns } = row
  const { stockState, paymentState, paymentMethod, paymentId, refundedMinor, ...same } = columns
  const facts = {
    ...same,
    pendingRefund,
    total: { amountMinor: totalMinor, currency },
    stock: stockState,
    payment: { state: paymentState, method: paymentMethod, id: paymentId, refundedMinor },
  }
  if (status === 'PENDING') return { ...facts, status, refusal }
  if (status !== 'REJECTED') return { ...facts, status, refusal: null }
  if (refusal === null) throw new Error(`The refusal of order ${row.id} is missing in its row.`)
  return { ...facts, status, refusal }
}

/** The row of an order that is sent to this address. */
export const toRow = (order: Order, shipping: OrderRow['shipping']): OrderRow => {
  const { total, payment, stock, pendingRefund: _, ...same } = order
  return {
    ...same,
    shipping,
    currency: total.currency,
    totalMinor: total.amountMinor,
    stockState: stock,
    paymentState: payment.state,
    paymentMethod: payment.method,
    paymentId: payment.id,
    refundedMinor: payment.refundedMinor,
    step: nextStep(order),
  }
}
