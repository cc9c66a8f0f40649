import { z } from 'zod'
import { isCountry } from './countries.ts'

/**
 * A line of text for a zod schema: trimmed, in Unicode's composed form, visible, 1 to `maxLength` UTF-16 units; `what`
 * names it in the messages, such as "the city".
 */
export const line = (what: string, maxLength: number) =>
  z
    .string()
    .normalize('NFC')
    .trim()
    .refine(text => text.isWellFormed(), {
      error: `Give ${what} without half a surrogate pair.`,
      abort: true,
    })
    .refine(text => !breaking.test(text), {
      error: `Give ${what} on one line, without control characters.`,
      abort: true,
    })
    .refine(text => visible.test(text), { error: `Give ${what}.`, abort: true })
    .refine(text => text.length <= maxLength, { error: `Give ${what} in at most ${maxLength} characters.` })

// n.b. U+0000 is among them, which PostgreSQL can't store
const breaking = /[\p{Cc}\p{Zl}\p{Zp}]/u
const visible = /[\p{L}\p{N}\p{P}\p{S}]/u

/** Where something can be sent to: `line2` null where nothing is in it, `country` ISO 3166-1 alpha-2 in upper case. */
export const postalAddress = z.object({
  name: line("the recipient's name", 100),
  line1: line('the street', 200),
  line2: z
    .string()
    .nullish()
    .transform(text => text?.trim() || null)
    .pipe(line('the rest of the address', 200).nullable()),
  city: line('the city', 100),
  postalCode: line('the postal code', 20),
  country: z
    .string()
    .trim()
    .toUpperCase()
    .refine(isCountry, { error: "Give the country's ISO 3166-1 alpha-2 code, such as DE." }),
})

/** A checked postal address. */
export type PostalAddress = Readonly<z.output<typeof postalAddress>>
