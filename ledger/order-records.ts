import { bigint } from '@supergraph/postgres/bigint.ts'
import { z } from 'zod'

const line = z.object({ productId: z.string(), quantity: z.number() })

/** An order as its own database has it. */
export const orderRecord = z.object({
  id: z.string(),
  customerId: z.string(),
  status: z.enum(['PENDING', 'CONFIRMED', 'REJECTED', 'CANCELLED', 'SHIPPED', 'DELIVERED', 'REFUNDED']),
  currency: z.string(),
  totalMinor: bigint,
  version: z.number(),
  step: z.string().nullable(),
  /** Whether the step should have been taken a minute ago, or has failed 20 times. */
  isOverdue: z.boolean(),
  stockState: z.enum(['ASKED', 'RESERVED', 'COMMITTED', 'REFUSED', 'RETURNED']),
  paymentState: z.enum([
    'NOT_REQUIRED',
    'NOT_ASKED',
    'ASKED',
    'REQUIRES_ACTION',
    'PROCESSING',
    'AUTHORIZED',
    'CAPTURED',
    'DECLINED',
    'VOIDED',
    'REFUNDED',
  ]),
  paymentId: z.string().nullable(),
  refundedMinor: bigint,
  items: z.array(line.extend({ unitPriceMinor: bigint })),
  /** By version; `isOld` says that its event may have been pruned. */
  changes: z.array(
    z.object({
      version: z.number(),
      status: z.string(),
      paymentChange: z.string().nullable(),
      isOld: z.boolean(),
    }),
  ),
  /** `providerId` is the provider's, of a refund that was made in the provider's own console. */
  refunds: z.array(
    z.object({ id: z.string(), amountMinor: bigint, state: z.string(), providerId: z.string().nullable() }),
  ),
  disputes: z.array(z.object({ id: z.string(), amountMinor: bigint, status: z.string() })),
  /** What the outbox still has. */
  events: z.array(
    z.object({ id: z.string(), type: z.string(), version: z.number(), isPublished: z.boolean() }),
  ),
})

/** What products holds for an order; `state` is null if there is no reservation. */
export const reservationRecord = z.object({
  orderId: z.string(),
  state: z.enum(['RESERVED', 'COMMITTED', 'RELEASED', 'EXPIRED', 'REFUSED']).nullable(),
  lines: z.array(line),
  /** Sums per product. */
  movements: z.array(z.object({ productId: z.string(), onHand: z.number(), reserved: z.number() })),
})

/** A payment as the payment provider has it; the currency in lower case, the amounts in the unit in which the provider counts it. */
export const paymentRecord = z.object({
  id: z.string(),
  orderId: z.string(),
  amountMinor: bigint,
  receivedMinor: bigint,
  refundedMinor: bigint,
  currency: z.string(),
  status: z.string(),
  /** Oldest first; `isOurs` says that the shop asked for it, and not somebody in the provider's own console. */
  refunds: z.array(
    z.object({
      id: z.string(),
      refundId: z.string().nullable(),
      isOurs: z.boolean(),
      amountMinor: bigint,
      status: z.string(),
      madeAt: z.coerce.date(),
    }),
  ),
  disputes: z.array(z.object({ id: z.string(), amountMinor: bigint, status: z.string() })),
})

/** What notifications knows of an order. */
export const newsRecord = z.object({
  orderId: z.string(),
  /** By version. */
  updates: z.array(
    z.object({
      version: z.number(),
      type: z.string(),
      eventId: z.string(),
      customerId: z.string(),
      /** Whether earlier ones may have been pruned. */
      followsPruned: z.boolean(),
      /** Whether the notification of it may have been pruned. */
      isOld: z.boolean(),
      /** Whether it is older than the first e-mail. */
      isBeforeEmail: z.boolean(),
      /** The users to whom an e-mail of it was written, sent or not. */
      emailedTo: z.array(z.string()),
    }),
  ),
  notifications: z.array(
    z.object({ id: z.string(), userId: z.string(), kind: z.string(), eventId: z.string() }),
  ),
})

export type OrderRecord = z.output<typeof orderRecord>
export type ReservationRecord = z.output<typeof reservationRecord>
export type PaymentRecord = z.output<typeof paymentRecord>
export type NewsRecord = z.output<typeof newsRecord>

/** Everything that any database has of one order; `order` is null if orders itself has nothing. */
export type OrderRecords = {
  readonly orderId: string
  readonly order: OrderRecord | null
  readonly isCustomerKnown: boolean
  readonly reservation: ReservationRecord
  readonly payments: readonly PaymentRecord[]
  readonly news: NewsRecord
}
