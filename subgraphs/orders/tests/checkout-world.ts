import type { Step, StepResult } from '../domain/next-step.ts'
import type { Order } from '../domain/order.ts'

type Stock = 'NONE' | 'RESERVED' | 'COMMITTED' | 'RELEASED' | 'EXPIRED' | 'REFUSED'
type Charge = 'NONE' | 'AUTHORIZED' | 'CAPTURED' | 'VOIDED' | 'DECLINED'

/** What products and the payment provider hold, as they keep it: `luck` decides whether they grant what is new to them. */
export const createWorld = (totalMinor: number) => {
  let stock: Stock = 'NONE'
  let charge: Charge = 'NONE'
  let refundedMinor = 0
  const refunds = new Map<string, boolean>()

  const authorize = (luck: boolean) => {
    if (charge === 'NONE') charge = luck ? 'AUTHORIZED' : 'DECLINED'
  }
  const giveBack = () => {
    if (charge === 'AUTHORIZED') charge = 'VOIDED'
    if (charge !== 'CAPTURED') return 'voided'
    refundedMinor = totalMinor
    return 'refunded'
  }
  const refund = ({ pendingRefund }: Order, luck: boolean): StepResult => {
    if (pendingRefund === null) throw new Error('there is no refund to make')
    const { id, amountMinor } = pendingRefund
    const isGranted = refunds.get(id) ?? luck
    if (isGranted && !refunds.has(id)) refundedMinor += amountMinor
    refunds.set(id, isGranted)
    if (!isGranted) return { step: 'REFUND', kind: 'failed', reason: 'expired_or_canceled_card' }
    return { step: 'REFUND', kind: 'refunded' }
  }

  return {
    /** The answer, or undefined if the stock was given back before. */
    perform: (step: Step, order: Order, luck: boolean): StepResult | undefined => {
      switch (step) {
        case 'RESERVE_STOCK':
          if (stock === 'RELEASED') return undefined
          if (stock === 'NONE' || stock === 'EXPIRED') stock = luck ? 'RESERVED' : 'REFUSED'
          return stock === 'REFUSED' ? { step, kind: 'short', shortages: [] } : { step, kind: 'reserved' }
        case 'COMMIT_STOCK':
          if (stock === 'RELEASED' || stock === 'NONE') return undefined
          if (stock === 'EXPIRED') stock = luck ? 'COMMITTED' : 'REFUSED'
          if (stock === 'REFUSED') return { step, kind: 'short', shortages: [] }
          stock = 'COMMITTED'
          return { step, kind: 'committed' }
        case 'RETURN_STOCK':
          stock = 'RELEASED'
          return { step, kind: 'returned' }
        case 'AUTHORIZE_PAYMENT':
          authorize(luck)
          return charge === 'DECLINED'
            ? { step, kind: 'declined', reason: 'insufficient_funds', paymentId: null }
            : { step, kind: 'authorized', paymentId: 'pi' }
        case 'CAPTURE_PAYMENT':
          if (charge === 'AUTHORIZED') charge = 'CAPTURED'
          return { step, kind: charge === 'CAPTURED' ? 'captured' : 'lapsed' }
        case 'RETURN_PAYMENT':
          authorize(luck)
          return { step, kind: giveBack(), paymentId: order.payment.id }
        case 'REFUND':
          return refund(order, luck)
        default:
          return step satisfies never
      }
    },
    expire: () => {
      if (stock === 'RESERVED') stock = 'EXPIRED'
    },
    lapse: () => {
      if (charge === 'AUTHORIZED') charge = 'VOIDED'
    },
    facts: () => ({
      isHolding: stock === 'RESERVED' || stock === 'COMMITTED',
      isTaken: stock === 'COMMITTED',
      isCharged: charge === 'CAPTURED',
      heldMinor: charge === 'AUTHORIZED' || charge === 'CAPTURED' ? totalMinor - refundedMinor : 0,
      refundedMinor,
    }),
  }
}
