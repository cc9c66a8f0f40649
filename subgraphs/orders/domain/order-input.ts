import { createHash } from 'node:crypto'
import { line, postalAddress } from '@supergraph/schema/postal-address.ts'
import { z } from 'zod'

const maxLines = 500
const maxQuantity = 100_000

const quantityText = `Order between 1 and ${maxQuantity.toLocaleString('en')} of a product.`

const lines = z
  .array(
    z.object({
      productId: line("the product's id", 64).toLowerCase(),
      quantity: z.int().min(1, { error: quantityText }).max(maxQuantity, { error: quantityText }),
    }),
  )
  .min(1, { error: 'Order at least one product.' })
  .max(maxLines, { error: `Order at most ${maxLines} lines.` })

const orderInput = z.object({
  idempotencyKey: line('an idempotency key', 200),
  items: lines.transform((items, context) => {
    const quantities = new Map<string, number>()
    for (const [index, { productId, quantity }] of items.entries()) {
      const sum = (quantities.get(productId) ?? 0) + quantity
      quantities.set(productId, sum)
      if (sum > maxQuantity) {
        context.addIssue({ code: 'custom', path: [index, 'quantity'], message: quantityText })
      }
    }
    return [...quantities].map(([productId, quantity]) => ({ productId, quantity }))
  }),
  paymentMethod: line('a payment method', 255),
  shippingAddress: postalAddress,
  expectedTotalMinor: z
    .int({ error: 'Give the expected total as a whole number of the minor unit.' })
    .min(0, { error: 'Expect a total of 0 or more.' })
    .nullish()
    .transform(total => total ?? null),
})

/** What a customer wants, checked: one line per product. */
export type OrderInput = z.output<typeof orderInput>

/** Why an input can't be an order; `field` is its path, such as `items.0.quantity`. */
export type InvalidInput = { readonly field: string; readonly message: string }

/** A checked input, or the first mistake in it. */
export type Parsed<T> =
  | { readonly kind: 'valid'; readonly input: T }
  | ({ readonly kind: 'invalid' } & InvalidInput)

/** Checks an order's input, adds up lines of the same product, and tells the first mistake. */
export const parseOrderInput = (input: unknown): Parsed<OrderInput> => parseInput(orderInput, input)

/** Checks an input, and tells the first mistake in it. */
export const parseInput = <T>(schema: z.ZodType<T>, input: unknown): Parsed<T> => {
  const result = schema.safeParse(input)
  if (result.success) return { kind: 'valid', input: result.data }
  const [issue] = result.error.issues
  return {
    kind: 'invalid',
    field: issue?.path.map(String).join('.') ?? '',
    message: issue?.message ?? 'This input can not be used.',
  }
}

/** SHA-256 (base64url) of what is ordered, how it is paid and where it goes, the same for the lines in any order. */
export const hashOrderInput = ({
  items,
  paymentMethod,
  shippingAddress,
  expectedTotalMinor,
}: OrderInput): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        items
          .map(({ productId, quantity }) => [productId, quantity] as const)
          .toSorted(([a], [b]) => (a < b ? -1 : 1)),
        paymentMethod,
        shippingAddress,
        expectedTotalMinor,
      ]),
    )
    .digest('base64url')
