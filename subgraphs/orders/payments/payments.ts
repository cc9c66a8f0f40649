import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Money } from '../domain/order.ts'
import type { Uneven, Unpayable } from '../domain/unpayable.ts'

/** What an order costs, and the method that pays for it. */
export type Charge = { readonly orderId: string; readonly amount: Money; readonly method: string }

/** A charge that must not stay: `paymentId` is null if the answer to its authorization was lost. */
export type UnwantedCharge = Charge & {
  readonly paymentId: string | null
  readonly refundedMinor: number
  readonly placedAt: Date
}

/** A part of a charge, or all of it, that is to be refunded. */
export type PartialRefund = {
  readonly refundId: string
  readonly orderId: string
  readonly paymentId: string
  readonly amount: Money
  /** What the order costs. */
  readonly total: Money
}

/** How an authorization ended; a declined one leaves nothing reserved. */
export type Authorization =
  | { readonly kind: 'authorized'; readonly paymentId: string }
  | { readonly kind: 'declined'; readonly reason: string; readonly paymentId: string | null }

/** How a payment was given back, and which one, if any was found. */
export type GivenBack = { readonly kind: 'voided' | 'refunded'; readonly paymentId: string | null }

/** How a refund ended; a failed one returned nothing. */
export type RefundResult =
  | { readonly kind: 'refunded' }
  | { readonly kind: 'failed'; readonly reason: string }

/** The payment provider, as orders needs it. Every call throws CallNotMade or OutcomeUnknown if it has no answer. */
export type Payments = Running & {
  /** Whether a call would be made now. */
  readonly isAvailable: () => boolean
  /** Why an amount above 0 can't be charged; undefined if nothing is known that speaks against it. */
  readonly whyUnpayable: (amount: Money) => Unpayable | undefined
  /** Why a part of a charge can't be refunded; undefined if it can. */
  readonly whyUnrefundable: (amount: Money) => Uneven | undefined
  /** Reserves the amount; the same order again gives the same answer. */
  readonly authorize: (charge: Charge) => Promise<Authorization>
  /** Charges what is authorized; `lapsed` if the authorization has ended, and nothing will be charged. */
  readonly capture: (payment: {
    readonly orderId: string
    readonly paymentId: string
  }) => Promise<'captured' | 'lapsed'>
  /** Makes sure that nothing stays charged or reserved: voids the payment, or refunds what is left of it. */
  readonly giveBack: (charge: UnwantedCharge) => Promise<GivenBack>
  /** Refunds a part of a charge or all of it; the same refund again gives the same answer. */
  readonly refund: (refund: PartialRefund) => Promise<RefundResult>
}
