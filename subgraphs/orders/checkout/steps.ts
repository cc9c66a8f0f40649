import type { Clock } from '@supergraph/postgres/clock.ts'
import type { DueStep } from '../database/stored-order.ts'
import type { Step, StepResult } from '../domain/next-step.ts'
import type { Authorization, Payments } from '../payments/payments.ts'
import type { ProductsClient } from '../products/products-client.ts'
import { OutcomeUnknown } from '../remote-calls.ts'

/** Performs a step; throws CallNotMade, CallRefused or OutcomeUnknown if it has to be repeated. */
export type PerformStep = (due: DueStep) => Promise<StepResult>

/**
 * What the checkout asks other services for, and what undoes it. Each step is safe to repeat, also while it is under way:
 *
 *     RESERVE_STOCK      holds every line or none         RETURN_STOCK     releases what is held, puts back what is gone
 *     AUTHORIZE_PAYMENT  reserves the total               RETURN_PAYMENT   voids what is reserved, refunds what is charged
 *     AWAIT_PAYMENT      asks whether it is reserved      RETURN_PAYMENT
 *     COMMIT_STOCK       takes what is held               RETURN_STOCK
 *     CAPTURE_PAYMENT    charges what is reserved         RETURN_PAYMENT
 *     REFUND             returns a part of the charge     nothing
 */
export const createSteps = ({
  products,
  payments,
  clock,
}: {
  readonly products: ProductsClient
  readonly payments: Payments
  readonly clock: Clock
}): PerformStep => {
  /** Adds to the answer of a payment that waits until when the order's stock is held. */
  const withTime = async (
    orderId: string,
    answer: Authorization,
    { prolong }: { readonly prolong: boolean },
  ) => {
    if (answer.kind !== 'waiting') return answer
    const held = await products.holdStock(orderId, { prolong }).catch((cause: unknown) => {
      // n.b. never CallNotMade, since the payment was asked for
      throw new OutcomeUnknown('It is not known how long the stock is held.', { cause })
    })
    return { ...answer, until: held.kind === 'released' ? clock.now() : held.until }
  }

  const steps = {
    RESERVE_STOCK: async ({ order, lines }) => {
      const result = await products.reserveStock(order.id, lines)
      if (result.kind === 'released') throw new Error(stockIsGone(order.id))
      return { step: 'RESERVE_STOCK', ...result }
    },

    AUTHORIZE_PAYMENT: async ({ order }) => {
      const answer = await payments.authorize(toCharge(order))
      return { step: 'AUTHORIZE_PAYMENT', ...(await withTime(order.id, answer, { prolong: false })) }
    },

    AWAIT_PAYMENT: async ({ order, isAsked = false }) => {
      const answer = await payments.look(paymentIdOf(order))
      const hasActed = answer.kind === 'waiting' && answer.action === null
      const prolong = (isAsked || hasActed) && isShortOfTime(order, clock.now())
      return { step: 'AWAIT_PAYMENT', ...(await withTime(order.id, answer, { prolong })) }
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

/** n.b. products gives the time once more, and no second time. */
const isShortOfTime = ({ payment: { waitsUntil } }: DueStep['order'], now: Date): boolean =>
  waitsUntil !== null && waitsUntil.getTime() - now.getTime() < shortOfTimeMs

const shortOfTimeMs = 5 * 60_000

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
