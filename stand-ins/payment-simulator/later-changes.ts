import { z } from 'zod'

/** When that comes which some test methods cause. */
export const afterwardsMs = 3_000

const payment = { paymentId: z.string() }

/** A change that comes by itself, when the bank has answered or the customer has complained. */
export const laterChange = z.discriminatedUnion('kind', [
  /** A payment stops being `processing`; `fails` says how. */
  z.object({ kind: z.literal('processed'), ...payment, fails: z.boolean(), isCaptured: z.boolean() }),
  /** A payment that had succeeded fails. */
  z.object({ kind: z.literal('captureFailed'), ...payment }),
  /** A refund that was pending ends, or one that had succeeded fails. */
  z.object({ kind: z.literal('refundEnded'), ...payment, refundId: z.string(), fails: z.boolean() }),
  /** The customer disputes a payment with the bank. */
  z.object({ kind: z.literal('disputed'), ...payment, reason: z.string(), isInquiry: z.boolean() }),
])

export type LaterChange = z.output<typeof laterChange>
