import type { z } from 'zod'
import { type InvalidInput, invalidInput } from './refusals.ts'

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
