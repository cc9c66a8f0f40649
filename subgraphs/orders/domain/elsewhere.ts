import type { OrderEvent, Refund, Tracking } from './order.ts'

/**
 * A change of an order that others were told of; what it was about is known as far as a letter still tells it. `kind` is null if
 * this release does not know it.
 */
export type ToldChange = {
  readonly kind: OrderEvent['kind'] | null
  readonly version: number
  readonly eventId: string
  readonly at: Date
  readonly reason: string | null
  readonly tracking: Tracking | null
  readonly refundedMinor: number | null
}

/** A refund that succeeded at the payment provider; `providerId` is the provider's id of one that was made in its console, else null. */
export type MadeRefund = Pick<Refund, 'id' | 'amountMinor'> & { readonly providerId: string | null }

/** How a payment stands at the provider, what counts most first. RETURNED: charged, and returned whole. DECLINED: it can be tried again. */
export const paymentStandings = ['CHARGED', 'RETURNED', 'RESERVED', 'DECLINED', 'VOIDED'] as const

/** What others have of an order. */
export type Elsewhere = {
  /** By version. */
  readonly changes: readonly ToldChange[]
  /** RETURNED: products was asked to give it back. */
  readonly stock: 'NONE' | 'HELD' | 'TAKEN' | 'RETURNED'
  /** Null if the provider has none now, which does not say that it will have none. */
  readonly payment: { readonly id: string; readonly standing: (typeof paymentStandings)[number] } | null
  /** Those of the charge that the order does not know to have ended, oldest first. */
  readonly refunds: readonly MadeRefund[]
  /** Whether the shop has returned what was left of the charge, as it does for an order that is called off. */
  readonly isGivenBack: boolean
  readonly isDisputed: boolean
  /** Whether a refund has failed, at first or after it had succeeded. */
  readonly hasFailedRefund: boolean
}

/** Whether the customer has paid, whatever was returned since. */
export const isCharged = ({ payment }: Elsewhere): boolean =>
  payment?.standing === 'CHARGED' || payment?.standing === 'RETURNED'
