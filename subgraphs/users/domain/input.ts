import { z } from 'zod'
import { type InvalidInput, invalidInput } from './refusals.ts'

/** A line of text: trimmed, in Unicode's composed form, visible, without control characters, 1 to `max` UTF-16 units. */
export const line = (max: number) => {
  const error = `Put 1 to ${max} characters there, on one line.`
  return z
    .string()
    .transform(text => text.normalize('NFC').trim())
    .refine(text => text.length <= max && visible.test(text) && !unprintable.test(text), { error })
}

/** A line that may be missing; null where nothing is in it. */
export const optionalLine = (max: number) =>
  z
    .string()
    .nullish()
    .transform(text => (text === null || text === undefined || text.trim() === '' ? null : text))
    .pipe(line(max).nullable())

/** Parses a mutation's input, or tells the first value that can't be accepted; `path` is where the input's values lie. */
export const parseInput = <T>(
  schema: z.ZodType<T>,
  input: unknown,
  path: readonly string[] = [],
): T | InvalidInput => {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const [issue] = result.error.issues
  return invalidInput(
    [...path, ...(issue?.path ?? [])].map(String).join('.'),
    issue?.message ?? 'This can not be accepted.',
  )
}

const visible = /[\p{L}\p{N}\p{P}\p{S}]/u
// n.b. a lone surrogate has no UTF-8 form, and PostgreSQL takes no U+0000
const unprintable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u
