import type { DueStep } from '../database/order-store.ts'
import type { Step, StepResult } from '../domain/next-step.ts'
import type { Payments } from '../payments/payments.ts'
import type { ProductsClient } from '../products/products-client.ts'

/** Performs a step; throws CallNotMade or OutcomeUnknown if it has to be repeated. */
export type PerformStep = (due: DueStep) => Promise<StepResult>

/**
 * What the checkout asks other services for, and what undoes it. Each step is safe to repeat, also while it is under way:
 *
 *     RESERVE_STOCK      holds every line or none         RETURN_STOCK     releases what is held, puts back what is gone
 *     AUTHORIZE_PAYMENT  reserves the total               RETURN_PAYMENT   voids what is reserved, refunds what is charged
 *     COMMIT_STOCK       takes what is held               RETURN_STOCK
 *     CAPTURE_PAYMENT    charges what is reserved         RETURN_PAYMENT
 *     REFUND             returns a part of the charge     nothing
 */
export const createSteps = ({
  products,
  payments,
}: {
  readonly products: ProductsClient
  readonly payments: Payments
}): PerformStep => {
  const steps = {
    RESERVE_STOCK: async ({ order, lines }) => {
      const result = await products.reserveStock(order.id, lines)
      if (result.kind === 'released') throw new Error(stockIsGone(order.id))
      return { step: 'RESERVE_STOCK', ...result }
    },

    AUTHORIZE_PAYMENT: async ({ order }) => {
      const result = await payments.authorize(toCharge(order))
      return { step: 'AUTHORIZE_PAYMENT', ...result }
    },

    COMMIT_STOCK: async ({ order }) => {
      const result = await products.commitStock(order.id)
      if (result.kind === 'released') throw new Error(stockIsGone(order.id))
      return { step: 'COMMIT_STOCK', ...result }
    },

    CAPTURE_PAYMENT: async ({ order }) => {
      const kind = await payments.capture({ orderId: order.id, paymentId: paymentIdOf(order) })
      return { step: 'CAPTURE_PAYMENT', kind }
    },

    RETURN_PAYMENT: async ({ order }) => {
      const { id: paymentId, refundedMinor } = order.payment
      const given = await payments.giveBack({
        ...toCharge(order),
        paymentId,
        refundedMinor,
        placedAt: order.placedAt,
      })
      return { step: 'RETURN_PAYMENT', ...given }
    },

    RETURN_STOCK: async ({ order }) => {
      await products.releaseStock(order.id)
      return { step: 'RETURN_STOCK', kind: 'returned' }
    },

    REFUND: async ({ order }) => {
      const { id: orderId, total, pendingRefund: refund } = order
      if (refund === null) throw new Error(`Order ${orderId} has no refund to make.`)
      const amount = { amountMinor: refund.amountMinor, currency: total.currency }
      const paymentId = paymentIdOf(order)
      const result = await payments.refund({ refundId: refund.id, orderId, paymentId, amount, total })
      return { step: 'REFUND', ...result }
    },
  } satisfies Readonly<Record<Step, PerformStep>>
  return due => steps[due.step](due)
}

const toCharge = ({ id, total, payment }: DueStep['order']) => ({
  orderId: id,
  amount: total,
  method: payment.method,
})

const paymentIdOf = ({ id, payment }: DueStep['order']): string => {
  if (payment.id === null) throw new Error(`The payment of order ${id} is ${payment.state} and has no id.`)
  return payment.id
}

// n.b. stock is released only for a refused order; an order without its stock is given up after 30 minutes, and returns its payment
const stockIsGone = (orderId: string): string =>
  `Products has released the stock of order ${orderId}, which still needs it: cancel the order.`
