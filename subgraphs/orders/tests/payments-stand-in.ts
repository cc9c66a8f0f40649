import type { Authorization, Payments } from '../payments/payments.ts'
import { whyUneven, whyUnpayable } from '../payments/stripe-amounts.ts'
import { CallNotMade, OutcomeUnknown } from '../remote-calls.ts'

/**
 * How the stand-in treats a request: as the provider would, without being reached, by acting and losing the answer, or
 * as the provider would after a wait before it acts or before it answers.
 */
type Behaviour =
  | 'answer'
  | 'refuse'
  | 'loseAnswer'
  | { readonly actAfter: Promise<void> }
  | { readonly answerAfter: Promise<void> }
type Operation = 'authorize' | 'look' | 'capture' | 'giveBack' | 'refund'

/** A payment at the stand-in. */
type Charge = {
  readonly state: 'WAITING' | 'PROCESSING' | 'AUTHORIZED' | 'CAPTURED' | 'VOIDED' | 'DECLINED' | 'REFUSED'
  readonly amountMinor: number
  readonly refundedMinor: number
  readonly refundIds: readonly string[]
}

/** What the customer of an order needs to approve its payment. */
export const actionOf = (orderId: string) => ({
  clientSecret: `pi_${orderId}_secret_1`,
  redirectUrl: `https://pay.example/${orderId}`,
})

const mayBeHeld: readonly Charge['state'][] = ['WAITING', 'PROCESSING', 'REFUSED', 'AUTHORIZED', 'CAPTURED']

const firstStates: ReadonlyMap<string, Charge['state']> = new Map([
  ['pm_card_chargeDeclined', 'DECLINED'],
  ['pm_card_authenticationRequired', 'WAITING'],
])

/**
 * A payment provider in memory: one payment per order; `pm_card_chargeDeclined` is declined, what needs its customer waits,
 * other methods pay.
 */
export const createPaymentsStandIn = () => {
  const charges = new Map<string, Charge>()
  let behaviours: Partial<Readonly<Record<Operation, Behaviour>>> = {}
  let isAway = false
  let calls: readonly Operation[] = []

  const perform = async <T>(operation: Operation, act: () => T): Promise<T> => {
    calls = [...calls, operation]
    const behaviour = behaviours[operation] ?? 'answer'
    if (behaviour === 'refuse') throw new CallNotMade('refused by the stand-in')
    if (typeof behaviour === 'object' && 'actAfter' in behaviour) await behaviour.actAfter
    const answer = act()
    if (behaviour === 'loseAnswer') throw new OutcomeUnknown('lost by the stand-in')
    if (typeof behaviour === 'object' && 'answerAfter' in behaviour) await behaviour.answerAfter
    return answer
  }

  const chargeOf = (orderId: string): Charge => {
    const charge = charges.get(orderId)
    if (charge === undefined) throw new Error(`There is no payment of order ${orderId}.`)
    return charge
  }
  const change = (orderId: string, changed: Partial<Charge>): void => {
    charges.set(orderId, { ...chargeOf(orderId), ...changed })
  }

  const authorize: (charge: Parameters<Payments['authorize']>[0]) => Authorization = charge => {
    const { orderId, amount, method } = charge
    if (!charges.has(orderId)) {
      const state = firstStates.get(method) ?? 'AUTHORIZED'
      charges.set(orderId, { state, amountMinor: amount.amountMinor, refundedMinor: 0, refundIds: [] })
    }
    const first = firstStates.get(method)
    // n.b. as the provider does, it repeats what it said at first
    return answer(orderId, first === 'WAITING' ? first : chargeOf(orderId).state)
  }
  const answer = (orderId: string, state: Charge['state']): Authorization => {
    const paymentId = `pi_${orderId}`
    switch (state) {
      case 'WAITING':
        return { kind: 'waiting', paymentId, action: actionOf(orderId) }
      case 'PROCESSING':
        return { kind: 'waiting', paymentId, action: null }
      case 'DECLINED':
        return { kind: 'declined', reason: 'generic_decline', paymentId }
      case 'REFUSED':
        return { kind: 'declined', reason: 'payment_intent_authentication_failure', paymentId }
      case 'VOIDED':
        return { kind: 'declined', reason: 'canceled', paymentId }
      case 'AUTHORIZED':
      case 'CAPTURED':
        return { kind: 'authorized', paymentId }
      default:
        return state satisfies never
    }
  }
  const act = (orderId: string, state: Charge['state']): void => {
    const { state: before } = chargeOf(orderId)
    if (before === 'WAITING' || before === 'PROCESSING' || before === 'REFUSED') change(orderId, { state })
  }
  const capture = (orderId: string) => {
    const { state } = chargeOf(orderId)
    if (state === 'AUTHORIZED') change(orderId, { state: 'CAPTURED' })
    return state === 'VOIDED' ? 'lapsed' : 'captured'
  }
  const giveBack = (orderId: string) => {
    const { state, amountMinor } = chargeOf(orderId)
    if (state === 'CAPTURED') change(orderId, { refundedMinor: amountMinor })
    if (state === 'PROCESSING') throw new OutcomeUnknown('the stand-in has not decided yet')
    if (state === 'AUTHORIZED' || state === 'WAITING' || state === 'REFUSED')
      change(orderId, { state: 'VOIDED' })
    return { kind: state === 'CAPTURED' ? 'refunded' : 'voided', paymentId: `pi_${orderId}` } as const
  }
  const refund = (orderId: string, refundId: string, amountMinor: number) => {
    const { refundIds, refundedMinor } = chargeOf(orderId)
    if (!refundIds.includes(refundId)) {
      change(orderId, { refundedMinor: refundedMinor + amountMinor, refundIds: [...refundIds, refundId] })
    }
    return { kind: 'refunded' } as const
  }

  const payments: Payments = {
    isAvailable: () => !isAway,
    whyUnpayable,
    whyUnrefundable: whyUneven,
    authorize: charge => perform('authorize', () => authorize(charge)),
    look: paymentId =>
      perform('look', () => {
        const orderId = paymentId.slice('pi_'.length)
        return answer(orderId, chargeOf(orderId).state)
      }),
    capture: ({ orderId }) => perform('capture', () => capture(orderId)),
    giveBack: charge =>
      perform('giveBack', () => {
        authorize(charge)
        return giveBack(charge.orderId)
      }),
    refund: ({ orderId, refundId, amount }) =>
      perform('refund', () => refund(orderId, refundId, amount.amountMinor)),
    refundsOf: async () => [],
    disputesOf: async () => [],
    events: async function* () {},
    stop: async () => {},
  }

  return {
    payments,
    charge: (orderId: string): Charge | undefined => charges.get(orderId),
    /** What is reserved on the payment method or charged for the order, or may yet be, less what was returned. */
    heldMinor: (orderId: string): number => {
      const charge = charges.get(orderId)
      return charge !== undefined && mayBeHeld.includes(charge.state)
        ? charge.amountMinor - charge.refundedMinor
        : 0
    },
    /** How often an operation was asked for. */
    calls: (operation: Operation): number => calls.filter(call => call === operation).length,
    behave: (changed: Partial<Readonly<Record<Operation, Behaviour>>>): void => {
      behaviours = changed
    },
    /** Whether the provider is known to be away from now on. */
    setAway: (away: boolean): void => {
      isAway = away
    },
    /** Approves a payment that waits, or one that was refused before: it is authorized, or the provider has yet to decide. */
    approve: (orderId: string, state: 'AUTHORIZED' | 'PROCESSING' = 'AUTHORIZED'): void =>
      act(orderId, state),
    /** Refuses a payment that waits; the customer could try again until it is voided. */
    refuse: (orderId: string): void => act(orderId, 'REFUSED'),
    /** Ends an authorization that is not captured, as the provider does after a week. */
    lapse: (orderId: string): void => change(orderId, { state: 'VOIDED' }),
  }
}
