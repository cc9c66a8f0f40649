import { z } from 'zod'

const units = z.object({ productId: z.string(), quantity: z.int() })

/** What an event changes in an order's sales; `version` is the order's, `day` is the event's UTC date in ISO 8601. */
export const orderFact = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('confirmed'),
    version: z.int(),
    day: z.string(),
    currency: z.string(),
    lines: z.array(units.extend({ unitPriceMinor: z.int() }).readonly()).readonly(),
  }),
  z.object({ kind: z.literal('cancelled'), version: z.int(), day: z.string() }),
  z.object({
    kind: z.literal('refunded'),
    version: z.int(),
    day: z.string(),
    /** Missing in facts of before. */
    refundId: z.string().optional(),
    amountMinor: z.int(),
    /** Whether the refund returns everything that is left; amount and items don't count then. */
    isFull: z.boolean(),
    /** The units that come back; none if the refund returns only money. */
    items: z.array(units.readonly()).readonly(),
  }),
  /** The bank has sent a refund back. */
  z.object({ kind: z.literal('refundFailed'), version: z.int(), day: z.string(), refundId: z.string() }),
])

export type OrderFact = Readonly<z.output<typeof orderFact>>
