import { bigintColumn } from '@supergraph/postgres/bigint.ts'
import { EntitySchema } from 'typeorm'

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
  /** `requires_payment_method`: the card was declined. */
  readonly status: 'requires_payment_method' | 'requires_capture' | 'succeeded' | 'canceled'
  readonly paymentMethod: string
  readonly metadata: Metadata
  readonly createdAt: Date
  readonly canceledAt: Date | null
}

/** A row of `refunds`. */
export type RefundRow = {
  readonly id: string
  readonly paymentIntentId: string
  readonly amount: number
  readonly status: 'succeeded'
  readonly metadata: Metadata
  readonly createdAt: Date
}

/** A row of `idempotency_keys`: the response to the first request under the key. */
type IdempotencyKeyRow = {
  readonly key: string
  readonly requestHash: string
  readonly status: number
  readonly body: string
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
    metadata: { type: 'jsonb' },
    createdAt: { type: 'timestamptz', name: 'created_at' },
  },
})

export const idempotencyKeyTable = new EntitySchema<IdempotencyKeyRow>({
  name: 'IdempotencyKey',
  tableName: 'idempotency_keys',
  columns: {
    key: { type: 'text', primary: true },
    requestHash: { type: 'text', name: 'request_hash' },
    status: { type: 'integer' },
    body: { type: 'text' },
  },
})

export const tables = [paymentIntentTable, refundTable, idempotencyKeyTable]
