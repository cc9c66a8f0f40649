import type { z } from 'zod'
import type { Refusal } from './refusals.ts'

/** Parses a mutation's input, or tells the first value that can't be accepted; `path` is where the input's values lie. */
export const parseInput = <T>(
  shape: z.ZodType<T>,
  input: unknown,
  path: readonly string[] = [],
): T | Refusal<'invalidInput'> => {
  const result = shape.safeParse(input)
  if (result.success) return result.data
  const [issue] = result.error.issues
  return {
    kind: 'invalidInput',
    field: [...path, ...(issue?.path ?? [])].map(String).join('.'),
    message: issue?.message ?? 'This can not be accepted.',
  }
}
