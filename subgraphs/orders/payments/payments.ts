import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Money, PaymentAction } from '../domain/order.ts'
import type { Dispute, ProviderRefund } from '../domain/settlement.ts'
import type { Uneven, Unpayable } from '../domain/unpayable.ts'
import type { Span, WebhookEvent } from '../domain/webhook-event.ts'

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

/**
 * How an authorization ended; a declined one leaves nothing reserved. It is `waiting` for the customer, or for the provider
 * if `action` is null.
 */
export type Authorization =
  | { readonly kind: 'authorized'; readonly paymentId: string }
  | { readonly kind: 'waiting'; readonly paymentId: string; readonly action: PaymentAction | null }
  | { readonly kind: 'declined'; readonly reason: string; readonly paymentId: string | null }

/** How a payment was given back, and which one, if any was found. */
export type GivenBack = { readonly kind: 'voided' | 'refunded'; readonly paymentId: string | null }

/** How a refund ended; a failed one returned nothing. */
export type RefundResult =
  | { readonly kind: 'refunded' }
  /** The bank has yet to decide. */
  | { readonly kind: 'undecided' }
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
  /** How a payment stands now that has waited. */
  readonly look: (paymentId: string) => Promise<Authorization>
  /**
   * Charges what is authorized; `lapsed` if the authorization has ended, and nothing will be charged, and `undecided` if the
   * provider has yet to decide.
   */
  readonly capture: (payment: {
    readonly orderId: string
    readonly paymentId: string
  }) => Promise<'captured' | 'lapsed' | 'undecided'>
  /**
   * Makes sure that nothing stays charged or reserved: voids the payment, or refunds what is left of it, unless the customer has
   * that from the bank. Throws CallRefused if it can't be refunded now.
   */
  readonly giveBack: (charge: UnwantedCharge) => Promise<GivenBack>
  /** Refunds a part of a charge or all of it; the same refund again gives the same answer. */
  readonly refund: (refund: PartialRefund) => Promise<RefundResult>
  /** Every refund of a payment in this currency, whoever has made it, oldest first. */
  readonly refundsOf: (paymentId: string, currency: string) => Promise<readonly ProviderRefund[]>
  /** Every dispute of a payment in this currency. */
  readonly disputesOf: (paymentId: string, currency: string) => Promise<readonly Dispute[]>
  /** What has happened by itself to payments in this time, in pages; those of other shops, too. */
  readonly events: (span: Span) => AsyncIterable<readonly WebhookEvent[]>
}
