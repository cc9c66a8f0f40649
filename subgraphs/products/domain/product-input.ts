import { z } from 'zod'

/** A parsed input, or the first field that can't be accepted and why, in words for a screen. */
export type ParsedInput<T> =
  | { readonly kind: 'valid'; readonly value: T }
  | { readonly kind: 'invalid'; readonly field: string; readonly message: string }

const currencies: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'))

/** Text that PostgreSQL can hold, of `min` to `max` characters without the blanks around it. */
export const storableText = (min: number, max: number) => {
  const error = min === 0 ? `At most ${max} characters.` : `From ${min} to ${max} characters.`
  return z
    .string({ error })
    .trim()
    .min(min, { error })
    .max(max, { error })
    .refine(text => !text.includes('\u0000') && text.isWellFormed(), {
      error: 'This holds a character that can not be stored.',
    })
}

const description = storableText(0, 5_000)
const category = storableText(1, 100).nullish()
const price = z.int32({ error: 'A whole number.' }).min(0, { error: 'At least 0.' })
const imageUrl = storableText(0, 2_000)
  .pipe(z.url({ protocol: /^https$/, error: 'An https URL, such as https://images.example.com/mug.jpg.' }))
  .nullish()

/** What a new product is made of. */
export const newProduct = z.object({
  sku: storableText(1, 64),
  name: storableText(1, 200),
  description,
  category,
  priceMinor: price,
  currency: z
    .string()
    .refine(code => currencies.has(code), { error: 'A currency code of ISO 4217, such as EUR.' }),
  available: z.int32({ error: 'A whole number.' }).min(0, { error: 'At least 0.' }),
  imageUrl,
})

/** The fields of a product that staff may change; category and image can be taken away by null. */
export const productChanges = z.object({
  name: storableText(1, 200).optional(),
  description: description.optional(),
  category,
  priceMinor: price.optional(),
  imageUrl,
})

/** A change of stock by hand. */
export const stockAdjustment = z.object({
  delta: z.int32().refine(delta => delta !== 0, { error: 'Units to add or, negative, to take away; not 0.' }),
  reason: storableText(1, 200),
  idempotencyKey: storableText(1, 200)
    .nullish()
    .transform(key => key ?? null),
})

export type NewProduct = z.output<typeof newProduct>
export type ProductChanges = z.output<typeof productChanges>
export type StockAdjustment = z.output<typeof stockAdjustment>

/** Parses a mutation's input; fields that the schema doesn't know are dropped. */
export const parseInput = <S extends z.ZodType>(schema: S, input: unknown): ParsedInput<z.output<S>> => {
  const parsed = schema.safeParse(input)
  if (parsed.success) return { kind: 'valid', value: parsed.data }
  const [issue] = parsed.error.issues
  return {
    kind: 'invalid',
    field: issue?.path.map(String).join('.') ?? '',
    message: issue?.message ?? 'This can not be accepted.',
  }
}
