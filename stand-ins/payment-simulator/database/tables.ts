import { bigintColumn } from '@supergraph/postgres/bigint.ts'
import { EntitySchema } from 'typeorm'
import type { Failure } from '../test-methods.ts'

type Metadata = Readonly<Record<string, string>>

/** A row of `payment_intents`; amounts are in the unit in which Stripe counts the currency. */
export type PaymentIntentRow = {
  readonly id: string
  readonly amount: number
  /** What was captured: nothing, or all of it. */
  readonly amountReceived: number
  readonly amountRefunded: number
  /** ISO 4217, lower case. */
  readonly currency: string
  /** `requires_payment_method`: the payment failed; `requires_action`: the customer has to approve it. */
  readonly status: PaymentStatus
  readonly paymentMethod: string
  readonly metadata: Metadata
  readonly createdAt: Date
  readonly canceledAt: Date | null
  /** What lets a customer act on the payment. */
  readonly clientSecret: string
  /** Where the customer goes after having acted. */
  readonly returnUrl: string | null
  /** Why the payment failed, if it did. */
  readonly failure: Failure | null
}

type PaymentStatus =
  | 'requires_payment_method'
  | 'requires_action'
  | 'processing'
  | 'requires_capture'
  | 'succeeded'
  | 'canceled'

/** A row of `refunds`. */
export type RefundRow = {
  readonly id: string
  readonly paymentIntentId: string
  readonly amount: number
  readonly status: 'pending' | 'succeeded' | 'failed'
  readonly failureReason: string | null
  readonly metadata: Metadata
  readonly createdAt: Date
}

/** A row of `disputes`; the states of an inquiry, which takes no money, begin with `warning_`. */
export type DisputeRow = {
  readonly id: string
  readonly paymentIntentId: string
  readonly amount: number
  readonly reason: string
  readonly status:
    | 'warning_needs_response'
    | 'warning_under_review'
    | 'warning_closed'
    | 'needs_response'
    | 'under_review'
    | 'won'
    | 'lost'
  readonly createdAt: Date
}

export const paymentIntentTable = new EntitySchema<PaymentIntentRow>({
  name: 'PaymentIntent',
  tableName: 'payment_intents',
  columns: {
    id: { type: 'text', primary: true },
    amount: bigintColumn,
    amountReceived: { ...bigintColumn, name: 'amount_received' },
    amountRefunded: { ...bigintColumn, name: 'amount_refunded' },
    currency: { type: 'text' },
    status: { type: 'text' },
    paymentMethod: { type: 'text', name: 'payment_method' },
    metadata: { type: 'jsonb' },
    createdAt: { type: 'timestamptz', name: 'created_at' },
    canceledAt: { type: 'timestamptz', name: 'canceled_at', nullable: true },
    clientSecret: { type: 'text', name: 'client_secret' },
    returnUrl: { type: 'text', name: 'return_url', nullable: true },
    failure: { type: 'jsonb', nullable: true },
  },
})

export const refundTable = new EntitySchema<RefundRow>({
  name: 'Refund',
  tableName: 'refunds',
  columns: {
    id: { type: 'text', primary: true },
    paymentIntentId: { type: 'text', name: 'payment_intent_id' },
    amount: bigintColumn,
    status: { type: 'text' },
    failureReason: { type: 'text', name: 'failure_reason', nullable: true },
    metadata: { type: 'jsonb' },
    createdAt: { type: 'timestamptz', name: 'created_at' },
  },
})

export const disputeTable = new EntitySchema<DisputeRow>({
  name: 'Dispute',
  tableName: 'disputes',
  columns: {
    id: { type: 'text', primary: true },
    paymentIntentId: { type: 'text', name: 'payment_intent_id' },
    amount: bigintColumn,
    reason: { type: 'text' },
    status: { type: 'text' },
    createdAt: { type: 'timestamptz', name: 'created_at' },
  },
})

export const tables = [paymentIntentTable, refundTable, disputeTable]
