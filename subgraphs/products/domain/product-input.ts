import { isCurrency } from '@supergraph/money/money.ts'
import { z } from 'zod'

/** Text that PostgreSQL can hold, of `min` to `max` characters without the blanks around it. */
const storableText = (min: number, max: number) => {
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
const price = z.int({ error: 'A whole number.' }).min(0, { error: 'At least 0.' })
const imageUrl = storableText(0, 2_000)
  .refine(isPublicUrl, {
    error: 'An https URL without a user or password, such as https://images.example.com/mug.jpg.',
  })
  .nullish()

/** n.b. a URL that browsers only read by mending it, such as `https:mug.jpg`, may lead elsewhere from a page of the shop. */
function isPublicUrl(text: string): boolean {
  if (!/^https:\/\/[^/\\\s@]+([/?#][^\\\s]*)?$/i.test(text) || !URL.canParse(text)) return false
  const { username, password } = new URL(text)
  return username === '' && password === ''
}

/** The input of a new product. */
export const newProduct = z.object({
  sku: storableText(1, 64),
  name: storableText(1, 200),
  description,
  category,
  priceMinor: price,
  currency: z
    .string()
    .refine(isCurrency, { error: 'A currency code of ISO 4217 that is in use, such as EUR.' }),
  available: z.int32({ error: 'A whole number.' }).min(0, { error: 'At least 0.' }),
  imageUrl,
})

/** The fields of a product that staff may change; null removes the category or the image. */
export const productChanges = z.object({
  name: storableText(1, 200).optional(),
  description: description.optional(),
  category,
  priceMinor: price.optional(),
  imageUrl,
})

/** A change of stock by staff. */
export const stockAdjustment = z.object({
  delta: z.int32().refine(delta => delta !== 0, { error: 'Units to add or, negative, to take away; not 0.' }),
  reason: storableText(1, 200),
  idempotencyKey: storableText(1, 200)
    .nullish()
    .transform(key => key ?? null),
})

const filterText = storableText(0, 200).nullish()

/** Which products of the catalogue a page shows. */
export const productFilter = z.object({
  search: filterText,
  category: filterText,
  inStock: z.boolean().nullish(),
  minPriceMinor: z.int().nullish(),
  maxPriceMinor: z.int().nullish(),
})

export type NewProduct = z.output<typeof newProduct>
export type ProductChanges = z.output<typeof productChanges>
export type StockAdjustment = z.output<typeof stockAdjustment>
export type ProductFilter = z.output<typeof productFilter>
