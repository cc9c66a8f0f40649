import type { Step, StepResult } from '../domain/next-step.ts'
import type { Order } from '../domain/order.ts'

type Stock = 'NONE' | 'RESERVED' | 'COMMITTED' | 'RELEASED' | 'EXPIRED' | 'REFUSED'
type Charge =
  | 'NONE'
  | 'WAITING'
  | 'PROCESSING'
  | 'REFUSED'
  | 'AUTHORIZED'
  | 'CAPTURED'
  | 'VOIDED'
  | 'DECLINED'

/** When the stock of an order that waits for its customer is held no longer. */
export const heldUntil = new Date(1_000)
const action = { clientSecret: 'pi_secret', redirectUrl: null }

const mayBeHeld: readonly Charge[] = ['WAITING', 'PROCESSING', 'REFUSED', 'AUTHORIZED', 'CAPTURED']

/**
 * What products and the payment provider hold, as they keep it: `luck` decides whether they grant what is new to them, and
 * `needsCustomer` whether a payment waits for its customer.
 */
export const createWorld = (totalMinor: number, needsCustomer = false) => {
  let stock: Stock = 'NONE'
  let charge: Charge = 'NONE'
  let refundedMinor = 0
  let isFirstWaiting = false
  const refunds = new Map<string, boolean>()

  const authorize = (luck: boolean) => {
    if (charge !== 'NONE') return
    if (luck) charge = needsCustomer ? 'WAITING' : 'AUTHORIZED'
    else charge = 'DECLINED'
    isFirstWaiting = charge === 'WAITING'
  }
  const standing = (step: 'AUTHORIZE_PAYMENT' | 'AWAIT_PAYMENT', state: Charge): StepResult => {
    switch (state) {
      case 'WAITING':
        return { step, kind: 'waiting', paymentId: 'pi', action, until: heldUntil }
      case 'PROCESSING':
        return { step, kind: 'waiting', paymentId: 'pi', action: null, until: heldUntil }
      case 'NONE':
      case 'DECLINED':
      case 'REFUSED':
      case 'VOIDED':
        return { step, kind: 'declined', reason: 'insufficient_funds', paymentId: 'pi' }
      case 'AUTHORIZED':
      case 'CAPTURED':
        return { step, kind: 'authorized', paymentId: 'pi' }
      default:
        return state satisfies never
    }
  }
  const giveBack = () => {
    if (charge === 'PROCESSING') return undefined
    if (charge === 'AUTHORIZED' || charge === 'WAITING' || charge === 'REFUSED') charge = 'VOIDED'
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
    /** The answer, or undefined if the stock was given back before, or the provider has not decided yet. */
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
          // n.b. the provider repeats what it said at first
          return standing(step, isFirstWaiting ? 'WAITING' : charge)
        case 'AWAIT_PAYMENT':
          return standing(step, charge)
        case 'CAPTURE_PAYMENT':
          if (charge === 'AUTHORIZED') charge = 'CAPTURED'
          return { step, kind: charge === 'CAPTURED' ? 'captured' : 'lapsed' }
        case 'RETURN_PAYMENT': {
          authorize(luck)
          const kind = giveBack()
          return kind && { step, kind, paymentId: order.payment.id }
        }
        case 'REFUND':
          return refund(order, luck)
        default:
          return step satisfies never
      }
    },
    /** The customer approves a payment, or tries again with another card after it was refused. */
    approve: (luck: boolean) => {
      if (charge === 'WAITING' || charge === 'REFUSED') charge = luck ? 'AUTHORIZED' : 'PROCESSING'
    },
    refuse: () => {
      if (charge === 'WAITING') charge = 'REFUSED'
    },
    /** The provider decides about a payment that the customer has approved. */
    decide: (luck: boolean) => {
      if (charge === 'PROCESSING') charge = luck ? 'AUTHORIZED' : 'REFUSED'
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
      heldMinor: mayBeHeld.includes(charge) ? totalMinor - refundedMinor : 0,
      refundedMinor,
    }),
  }
}
