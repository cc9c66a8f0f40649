import { type DemoPayment, demoPayments } from '@supergraph/demo/demo-shop.ts'
import type { DataSource } from 'typeorm'
import { type Failure, outcomeOf } from '../test-methods.ts'
import { type PaymentIntentRow, paymentIntentTable, type RefundRow, refundTable } from './tables.ts'

const demoKey = 7_305_805_647

/** Adds the payments of the demo orders and their refunds, unless there are payments; all or none, once. */
export const addDemoPayments = (database: DataSource): Promise<void> =>
  database.transaction(async manager => {
    await manager.query('select pg_advisory_xact_lock($1)', [demoKey])
    if (await manager.exists(paymentIntentTable)) return
    await manager.insert(paymentIntentTable, demoPayments.map(toPaymentIntentRow))
    await manager.insert(
      refundTable,
      demoPayments.filter(({ refundedMinor }) => refundedMinor > 0).map(toRefundRow),
    )
  })

const toPaymentIntentRow = (payment: DemoPayment): PaymentIntentRow => {
  const { paymentId, orderId, amountMinor, refundedMinor, currency, method, state, at } = payment
  const status = statuses[state]
  return {
    id: paymentId,
    amount: amountMinor,
    amountReceived: status === 'succeeded' ? amountMinor : 0,
    amountRefunded: refundedMinor,
    currency: currency.toLowerCase(),
    status,
    paymentMethod: method,
    metadata: { order_id: orderId },
    createdAt: new Date(at),
    canceledAt: status === 'canceled' ? new Date(at) : null,
    // n.b. nobody acts on a payment that is done, so its secret may be known
    clientSecret: `${paymentId}_secret_demo`,
    returnUrl: null,
    failure: status === 'requires_payment_method' ? failureOf(method) : null,
  }
}

const failureOf = (method: string): Failure => {
  const outcome = outcomeOf(method)
  if (outcome?.kind === 'declined') return outcome.failure
  throw new Error(`${method} declines no payment`)
}

const statuses = {
  CAPTURED: 'succeeded',
  REFUNDED: 'succeeded',
  VOIDED: 'canceled',
  DECLINED: 'requires_payment_method',
} as const satisfies Record<DemoPayment['state'], PaymentIntentRow['status']>

const toRefundRow = ({ paymentId, orderId, refundedMinor, refundId, at }: DemoPayment): RefundRow => ({
  id: paymentId.replace(/^pi_/, 're_'),
  paymentIntentId: paymentId,
  amount: refundedMinor,
  status: 'succeeded',
  failureReason: null,
  metadata: refundId === null ? { order_id: orderId } : { order_id: orderId, refund_id: refundId },
  createdAt: new Date(at),
})
