import type { DueStep } from '../database/order-store.ts'
import type { Payments } from '../payments.ts'
import type { ProductsClient } from '../products-client.ts'
import type { Answer, Step } from './decide.ts'

/** Performs a step; throws CallNotMade or OutcomeUnknown where it has to be repeated. */
export type PerformStep = (due: DueStep) => Promise<Answer>

/**
 * What the checkout does elsewhere, and what undoes it; each is safe to repeat, and to do twice at once:
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
      const answer = await products.reserveStock(order.id, lines)
      if (answer.kind === 'released') throw new Error(stockIsGone(order.id))
      return { step: 'RESERVE_STOCK', ...answer }
    },

    AUTHORIZE_PAYMENT: async ({ order }) => {
      const answer = await payments.authorize(toCharge(order))
      return { step: 'AUTHORIZE_PAYMENT', ...answer }
    },

    COMMIT_STOCK: async ({ order }) => {
      const answer = await products.commitStock(order.id)
      if (answer.kind === 'released') throw new Error(stockIsGone(order.id))
      return { step: 'COMMIT_STOCK', ...answer }
    },

    CAPTURE_PAYMENT: async ({ order }) => {
      const kind = await payments.capture({ orderId: order.id, paymentId: paymentIdOf(order) })
      return { step: 'CAPTURE_PAYMENT', kind }
    },

    RETURN_PAYMENT: async ({ order }) => {
      const { id: paymentId, refundedMinor } = order.payment
      const kind = await payments.giveBack({
        ...toCharge(order),
        paymentId,
        refundedMinor,
        placedAt: order.placedAt,
      })
      return { step: 'RETURN_PAYMENT', kind }
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
      const answer = await payments.refund({ refundId: refund.id, orderId, paymentId, amount })
      return { step: 'REFUND', ...answer }
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

// n.b. stock is released only once its order goes back; such an order is given up in the end, and returns its payment
const stockIsGone = (orderId: string): string =>
  `Products has released the stock of order ${orderId}, which still needs it: cancel the order.`
