import { createHash } from 'node:crypto'
import { line } from '@supergraph/schema/postal-address.ts'
import { z } from 'zod'
import { type Parsed, parseInput } from './order-input.ts'
import { addUp } from './refund.ts'

const maxReasonLength = 500
const maxItems = 500

const idempotencyKey = line('an idempotency key', 200)

const reason = z
  .string()
  .nullish()
  .transform(text => text?.trim() || null)
  .pipe(
    z
      .string()
      .max(maxReasonLength, { error: `Give a reason of at most ${maxReasonLength} characters.` })
      // n.b. PostgreSQL stores neither
      .refine(text => !text.includes('\0'), { error: 'A reason must not hold the character U+0000.' })
      .refine(text => text.isWellFormed(), { error: 'A reason must not hold half a surrogate pair.' })
      .nullable(),
  )

const cancelInput = z.object({
  orderId: z.string(),
  reason,
  idempotencyKey: idempotencyKey.nullish().transform(key => key ?? null),
})

const shipInput = z.object({
  orderId: z.string(),
  trackingNumber: line('the tracking number', 100),
  carrier: line('the carrier', 100)
    .nullish()
    .transform(carrier => carrier ?? null),
})

const refundInput = z.object({
  orderId: z.string(),
  idempotencyKey,
  items: z
    .array(
      z.object({
        productId: z.string().toLowerCase(),
        quantity: z.int().min(1, { error: 'Refund at least 1 of a product.' }),
      }),
    )
    .min(1, { error: 'Refund at least one product, or leave the items out to refund all that is left.' })
    .max(maxItems, { error: `Refund at most ${maxItems} lines at a time.` })
    .nullish()
    .transform(items => items ?? null),
  reason,
})

/** What a customer or staff wants of an order, checked; items may name a product more than once, and are null for all that is left. */
export type CancelInput = Readonly<z.output<typeof cancelInput>>
export type ShipInput = Readonly<z.output<typeof shipInput>>
export type RefundInput = Readonly<z.output<typeof refundInput>>

export const parseCancelInput = (input: unknown): Parsed<CancelInput> => parseInput(cancelInput, input)
export const parseShipInput = (input: unknown): Parsed<ShipInput> => parseInput(shipInput, input)
export const parseRefundInput = (input: unknown): Parsed<RefundInput> => parseInput(refundInput, input)

/** SHA-256 (base64url) of what is to be cancelled, and why. */
export const hashCancelInput = ({ orderId, reason }: CancelInput): string =>
  hash([orderId.toLowerCase(), reason])

/** SHA-256 (base64url) of what is to be refunded, and why; the same for the items in any order and number of lines. */
export const hashRefundInput = ({ orderId, items, reason }: RefundInput): string =>
  hash([
    orderId.toLowerCase(),
    items &&
      addUp(items)
        .map(({ productId, quantity }) => [productId, quantity] as const)
        .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    reason,
  ])

const hash = (parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
