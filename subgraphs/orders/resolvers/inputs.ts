import { line, postalAddress } from '@supergraph/schema/postal-address.ts'
import { z } from 'zod'

const maxLines = 500
const maxQuantity = 100_000
const maxReasonLength = 500

/** The input may leave the field out. */
const optional = <T>(field: z.ZodType<T>) => field.nullish().transform(value => value ?? null)

const idempotencyKey = line('an idempotency key', 200)

const quantityText = `Order between 1 and ${maxQuantity.toLocaleString('en')} of a product.`

const orderItems = z
  .array(
    z.object({
      productId: line("the product's id", 64).toLowerCase(),
      quantity: z.int().min(1, { error: quantityText }).max(maxQuantity, { error: quantityText }),
    }),
  )
  .min(1, { error: 'Order at least one product.' })
  .max(maxLines, { error: `Order at most ${maxLines} lines.` })
  .transform((items, context) => {
    const quantities = new Map<string, number>()
    for (const [index, { productId, quantity }] of items.entries()) {
      const sum = (quantities.get(productId) ?? 0) + quantity
      quantities.set(productId, sum)
      if (sum > maxQuantity) {
        context.addIssue({ code: 'custom', path: [index, 'quantity'], message: quantityText })
      }
    }
    return [...quantities].map(([productId, quantity]) => ({ productId, quantity }))
  })

export const placeOrderInput = z.object({
  idempotencyKey,
  items: orderItems,
  paymentMethod: line('a payment method', 255),
  shippingAddress: postalAddress,
  expectedTotalMinor: optional(
    z
      .int({ error: 'Give the expected total as a whole number of the minor unit.' })
      .min(0, { error: 'Expect a total of 0 or more.' }),
  ),
})

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

export const cancelOrderInput = z.object({
  orderId: z.string(),
  reason,
  idempotencyKey: optional(idempotencyKey),
})

export const continuePaymentInput = z.object({ orderId: z.string() })

export const shipOrderInput = z.object({
  orderId: z.string(),
  trackingNumber: line('the tracking number', 100),
  carrier: optional(line('the carrier', 100)),
})

export const deliverOrderInput = z.object({ orderId: z.string() })

export const refundOrderInput = z.object({
  orderId: z.string(),
  idempotencyKey,
  items: optional(
    z
      .array(
        z.object({
          productId: z.string().toLowerCase(),
          quantity: z.int().min(1, { error: 'Refund at least 1 of a product.' }),
        }),
      )
      .min(1, { error: 'Refund at least one product, or leave the items out to refund all that is left.' })
      .max(maxLines, { error: `Refund at most ${maxLines} lines at a time.` }),
  ),
  reason,
})
